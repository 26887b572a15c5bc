package fleet

import (
	"context"
	"encoding/json"
	"iter"
	"reflect"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/rendered"
	"github.com/hippotion/roster/internal/trace"
	"github.com/hippotion/roster/render/workload"
)

// kept is what earlier runs have kept of what is rendered, and what this one keeps.
type kept struct {
	store   *rendered.Store
	files   *trace.Verifier
	cluster workload.Cluster
	at      string
	fetched bool // whether there are sources
	wanted  bool // whether somebody asks what was looked at
	turn    *sync.Mutex
}

// asked is what the output of an application depends on besides files.
type asked struct {
	Cluster     workload.Cluster
	At          string
	Fetched     bool
	Application workload.Application
}

// requests are the forms of a request under which an output may be kept, the most probable first. Places in the list are part of the output
// only when something is reported, or lies there; and only an output that varies is another one when it is rendered twice.
func (k *kept) requests(app *workload.Application) iter.Seq[rendered.Request] {
	return func(yield func(rendered.Request) bool) {
		for _, twice := range []bool{false, true} {
			for _, placed := range []bool{false, true} {
				if (!twice || app.Twice) && !yield(k.request(app, placed, twice)) {
					return
				}
			}
		}
	}
}

func (k *kept) request(app *workload.Application, placed, twice bool) rendered.Request {
	a := asked{k.cluster, k.at, k.fetched, *app}
	a.Application.Twice = twice
	if !placed {
		a.Application.Pos = diag.Position{}
		a.Application.Patches = nil
		for _, p := range app.Patches {
			a.Application.Patches = append(a.Application.Patches, workload.Patch{Patch: p.Patch, Optional: p.Optional})
		}
	}
	return k.store.Of("application", a)
}

// find looks for the output of an application.
func (k *kept) find(app *workload.Application) (out answer, seen []trace.Seen, size int, ok bool) {
	for r := range k.requests(app) {
		text, seen, ok := k.store.Find(r, k.files)
		if ok && json.Unmarshal(text, &out) == nil {
			return out, seen, len(text), true
		}
		out = answer{}
	}
	return out, nil, 0, false
}

// keep keeps the output of an application, unless it may differ the next time.
func (k *kept) keep(app *workload.Application, out *answer, shared []rendered.Part) {
	if out.Seen == nil || out.Varies && !app.Twice {
		return
	}
	placed := len(out.Diags) > 0 || len(out.Warnings) > 0
	for _, o := range out.Objects {
		placed = placed || o.Pos == app.Pos
	}
	text, err := json.Marshal(answer{Objects: out.Objects, Warnings: out.Warnings, Diags: out.Diags})
	if err == nil {
		k.store.Keep(k.request(app, placed, out.Varies), out.Seen.Seen, shared, text)
	}
}

// found are the outputs of applications that are kept.
type found struct {
	answers []answer
	seens   [][]trace.Seen
	known   []bool
	size    atomic.Int64 // bytes
}

// look looks for the outputs that are not known, and returns the numbers of those that still are not.
func (k *kept) look(ctx context.Context, apps []workload.Application, out *found) (rest []int) {
	eachOf(len(apps), func(i int) {
		if out.known[i] || ctx.Err() != nil || out.size.Load() > maxAnswers/2 {
			return
		}
		var n int
		if out.answers[i], out.seens[i], n, out.known[i] = k.find(&apps[i]); out.known[i] {
			out.size.Add(int64(n))
		}
	})
	for i := range apps {
		if !out.known[i] {
			rest = append(rest, i)
		}
	}
	return rest
}

// render renders what is not kept with pool, and keeps it. Seen is what was looked at for all of them; nil when that may not be
// seen again.
func (k *kept) render(ctx context.Context, pool *workerPool, apps []workload.Application) (out []answer, seen trace.Seen, err error) {
	f := found{answers: make([]answer, len(apps)), seens: make([][]trace.Seen, len(apps)), known: make([]bool, len(apps))}
	places := k.look(ctx, apps, &f)
	if len(places) > 0 && k.turn != nil {
		k.turn.Lock()
		defer k.turn.Unlock()
		places = k.look(ctx, apps, &f)
	}
	out, seens := f.answers, f.seens
	rest := make([]workload.Application, len(places))
	for j, i := range places {
		rest[j] = apps[i]
	}
	pool.taken += f.size.Load()
	made, err := pool.render(ctx, rest)
	if err != nil {
		return nil, nil, err
	}
	shared := k.parts(made)
	eachOf(len(made), func(j int) {
		i := places[j]
		out[i] = made[j]
		if a := &made[j]; a.Seen != nil {
			var parts []rendered.Part
			seens[i] = []trace.Seen{a.Seen.Seen}
			for _, number := range a.Seen.Shared {
				parts, seens[i] = append(parts, shared[a.worker][number].Part), append(seens[i], shared[a.worker][number].seen)
			}
			k.keep(&apps[i], a, parts)
		}
	})
	if !k.wanted {
		return out, nil, nil
	}
	return out, together(seens), nil
}

type sharedPart struct {
	rendered.Part
	seen trace.Seen
}

// parts keeps what was shared by applications that were rendered: by worker, and by the number that it has there.
func (k *kept) parts(made []answer) map[*worker]map[int]sharedPart {
	out := map[*worker]map[int]sharedPart{}
	for i := range made {
		a := &made[i]
		for number, seen := range a.Shared {
			if out[a.worker] == nil {
				out[a.worker] = map[int]sharedPart{}
			}
			out[a.worker][number] = sharedPart{k.store.Part(seen), seen}
		}
	}
	return out
}

// together is all that was seen; nil when not all of it is known, or when something was changed meanwhile.
func together(seens [][]trace.Seen) trace.Seen {
	out := trace.Seen{}
	done := map[uintptr]bool{} // the maps that are in out
	for _, parts := range seens {
		if len(parts) == 0 {
			return nil
		}
		for i, seen := range parts {
			if i > 0 { // it is shared
				if at := reflect.ValueOf(seen).Pointer(); done[at] {
					continue
				} else {
					done[at] = true
				}
			}
			if !out.Add(seen) {
				return nil
			}
		}
	}
	return out
}

// eachOf calls do with each number below n, on all processors.
func eachOf(n int, do func(i int)) {
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	group.Wait()
}
