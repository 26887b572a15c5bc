// Package start lets the program start without a garbage collection.
//
// What the libraries set up when they are initialised fills the 4 MiB that the heap may have at first several times, and looking for
// garbage in it, where there is none, takes a quarter of a start. Argo CD starts the program anew for each render.
//
// This must happen before the libraries are initialised, so a package of its own does it: Go initialises packages in the order of their
// paths, each as soon as those that it imports are. It imports next to nothing, and so precedes all of Helm and Kubernetes.
package start

import "runtime/debug"

// percent gives the heap 16 MiB before the first collection, which a small list does not fill, and later a larger share of
// memory than usual. What may take long, or much memory, returns to the usual share with limited.Spare.
const percent = 400

var _ = debug.SetGCPercent(percent)
