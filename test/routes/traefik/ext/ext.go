// Package ext stands for the one that Traefik has a module of its own for, which is in no module proxy: fields that other
// builds of Traefik add. It has none.
package ext

// HTTP is what is added to the HTTP part of a configuration.
type HTTP struct{}

// Router is what is added to a router.
type Router struct{}
