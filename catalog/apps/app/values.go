package app

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
)

// values are the chart's values as far as something is checked, or something around the chart depends on them.
type values struct {
	container
	Name, Kind, Schedule       string
	TimeZone, Concurrency      *string
	Timeout, Retries, Group    *int
	Replicas                   int
	Labels                     map[string]string
	Volumes                    map[string]volume
	Files                      map[string]json.RawMessage
	Containers, InitContainers []more
	Database                   *database
}

// container is what is said of every container.
type container struct {
	Command, Args []json.RawMessage
	Env           map[string]json.RawMessage
	Secrets       []string
	Port          int
	Ports         map[string]port
	Probe         *probe
	Resources     resources
	User          json.RawMessage
	Capabilities  []string
}

// more is a container beside the application's own, or before it.
type more struct {
	container
	Name   string
	Image  string
	Mounts map[string]mount
}

type resources struct{ Requests, Limits map[string]json.RawMessage }

// variable is where the value of a variable comes from.
type variable struct{ Secret, Config, Key, Field, Uses string }

// volume has the size alone in its short form.
type volume struct {
	Size, StorageClass, AccessMode, Claim, Secret, Config, EmptyDir, Memory, HostPath, NFS string
	Keys                                                                                   []string
	ReadOnly                                                                               bool
}

func (v *volume) UnmarshalJSON(data []byte) error {
	type whole volume // without this method
	return either(data, &v.Size, (*whole)(v))
}

// mount has the volume alone in its short form.
type mount struct{ Volume string }

func (m *mount) UnmarshalJSON(data []byte) error {
	type whole mount
	return either(data, &m.Volume, (*whole)(m))
}

// database has the kind alone in its short form.
type database struct {
	Kind, Version, Image string
	Resources            resources
}

func (d *database) UnmarshalJSON(data []byte) error {
	type whole database
	return either(data, &d.Kind, (*whole)(d))
}

// port has number and protocol alone in its short form.
type port struct {
	short    string
	Port     int
	Protocol string
	Service  int
}

func (p *port) UnmarshalJSON(data []byte) error {
	type whole port
	if data[0] != '{' && data[0] != '"' {
		return decode(data, &p.Port)
	}
	return either(data, &p.short, (*whole)(p))
}

// probe has a path, or what else there is, alone in its short form.
type probe struct {
	short   string
	off     bool
	Path    string
	Port    string
	Command []json.RawMessage
	Startup *int
}

func (p *probe) UnmarshalJSON(data []byte) error {
	type whole probe
	if data[0] == 't' || data[0] == 'f' {
		p.off = data[0] == 'f'
		return nil
	}
	err := either(data, &p.short, (*whole)(p))
	p.off = p.short == "off"
	return err
}

// either decodes a text, or what it stands for.
func either(data []byte, text *string, whole any) error {
	if data[0] == '"' {
		return decode(data, text)
	}
	return decode(data, whole)
}

func decode(data []byte, into any) error { return json.Unmarshal(data, into) }

// all are the containers with the paths that lead to them, the application's own first.
func (v *values) all() iter.Seq2[[]string, *container] {
	return func(yield func([]string, *container) bool) {
		if !yield(nil, &v.container) {
			return
		}
		for path, m := range v.others() {
			if !yield(path, &m.container) {
				return
			}
		}
	}
}

// others are the containers beside the application's own, and then those before it.
func (v *values) others() iter.Seq2[[]string, *more] {
	return func(yield func([]string, *more) bool) {
		for i := range v.Containers {
			if !yield([]string{"containers", fmt.Sprint(i)}, &v.Containers[i]) {
				return
			}
		}
		for i := range v.InitContainers {
			if !yield([]string{"initContainers", fmt.Sprint(i)}, &v.InitContainers[i]) {
				return
			}
		}
	}
}

// at is a path with more keys, in memory of its own.
func at(path []string, keys ...string) []string { return slices.Concat(path, keys) }

// sorted are the keys of a mapping in order.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
