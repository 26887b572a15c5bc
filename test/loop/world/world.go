// Package world does to a cluster what nodes and operators would do, so that what is deployed becomes healthy. It writes
// status, bindings, and the objects that operators make; never a spec.
package world

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
)

// Options are what a world cannot know.
type Options struct {
	Operators []Operator
	// Properties are what the secret store holds below each key, for ExternalSecrets that take all of a key.
	Properties map[string][]string
	// Log, if any, is told why something has to wait, once for each time that it starts to wait.
	Log func(format string, args ...any)
}

// Operator registers CRDs when it starts, unlike those whose chart contains them.
type Operator struct {
	Namespace, ConfigMap string // what stands in for it
	CRDs                 []unstructured.Unstructured
}

type world struct {
	Options
	kube      kubernetes.Interface
	objects   dynamic.Interface
	running   sync.WaitGroup
	addresses atomic.Uint32 // how many have been given to pods and load balancers
}

// act moves one object a step closer to where it should be. It is called again when the object has changed, and, after a
// while, when it failed.
type act func(context.Context, *unstructured.Unstructured) error

// Run begins to run the world, until stop is called or ctx is done. Stop returns when nothing of it runs any more.
func Run(ctx context.Context, config *rest.Config, options Options) (stop func(), err error) {
	config = rest.CopyConfig(config)
	config.QPS = -1 // the node of a test has no reason to wait
	config.WarningHandler = rest.NoWarnings{}
	w := &world{Options: options}
	if w.kube, err = kubernetes.NewForConfig(config); err != nil {
		return nil, err
	}
	if w.objects, err = dynamic.NewForConfig(config); err != nil {
		return nil, err
	}
	if err := w.register(ctx); err != nil {
		return nil, fmt.Errorf("registering the node: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	w.running.Go(func() { w.heartbeat(ctx) })
	for resource, do := range map[schema.GroupVersionResource]act{
		pods:       w.pod,
		claims:     w.claim,
		services:   w.service,
		configMaps: w.operator,
	} {
		w.running.Go(func() { w.watch(ctx, resource, do) })
	}
	w.running.Go(func() { w.watchCustom(ctx) })
	return func() {
		cancel()
		w.running.Wait()
	}, nil
}

// watch acts on each object of a resource, one after the other.
func (w *world) watch(ctx context.Context, resource schema.GroupVersionResource, do act) {
	queue := workqueue.NewTypedRateLimitingQueue(workqueue.NewTypedItemExponentialFailureRateLimiter[cache.ObjectName](20*time.Millisecond, time.Second))
	informer := dynamicinformer.NewFilteredDynamicInformer(w.objects, resource, metav1.NamespaceAll, 0, cache.Indexers{}, nil).Informer()
	enqueue := func(o any) {
		if name, err := cache.ObjectToName(o); err == nil { // all that a dynamic informer brings has a name
			queue.Add(name)
		}
	}
	if _, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{AddFunc: enqueue, UpdateFunc: func(_, o any) { enqueue(o) }}); err != nil {
		panic(err) // it has not been started, and cannot have been stopped
	}
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() { informer.RunWithContext(ctx) })
	running.Go(func() {
		<-ctx.Done()
		queue.ShutDown()
	})
	for {
		name, end := queue.Get()
		if end {
			return
		}
		var err error
		if o, exists, _ := informer.GetStore().GetByKey(name.String()); exists {
			err = do(ctx, o.(*unstructured.Unstructured).DeepCopy())
		}
		if err == nil {
			queue.Forget(name)
		} else {
			if w.Log != nil && ctx.Err() == nil && queue.NumRequeues(name) == 0 && !apierrors.IsConflict(err) {
				w.Log("world: %s %s: %v", resource.Resource, name, err)
			}
			queue.AddRateLimited(name)
		}
		queue.Done(name)
	}
}
