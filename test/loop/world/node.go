package world

import (
	"context"
	"fmt"
	"time"

	coordination "k8s.io/api/coordination/v1"
	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/util/retry"
)

// Node is the name of the only node, on which everything runs.
const Node = "node-1"

const nodeAddress = "192.168.0.109"

// register makes the node, or takes it over.
func (w *world) register(ctx context.Context) error {
	nodes := w.kube.CoreV1().Nodes()
	node := &core.Node{ObjectMeta: metav1.ObjectMeta{Name: Node, Labels: map[string]string{
		core.LabelHostname:                      Node,
		core.LabelOSStable:                      "linux",
		core.LabelArchStable:                    "amd64",
		"node-role.kubernetes.io/control-plane": "true", // as k3s says it
	}}}
	if _, err := nodes.Create(ctx, node, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
		return err
	}
	return retry.RetryOnConflict(retry.DefaultRetry, func() error { // controllers annotate and taint it at once
		node, err := nodes.Get(ctx, Node, metav1.GetOptions{})
		if err != nil {
			return err
		}
		node.Status.Capacity = core.ResourceList{
			core.ResourceCPU:    resource.MustParse("64"),
			core.ResourceMemory: resource.MustParse("256Gi"),
			core.ResourcePods:   resource.MustParse("500"),
		}
		node.Status.Allocatable = node.Status.Capacity
		node.Status.Addresses = []core.NodeAddress{{Type: core.NodeInternalIP, Address: nodeAddress}, {Type: core.NodeHostName, Address: Node}}
		node.Status.Conditions = nil
		for kind, status := range map[core.NodeConditionType]core.ConditionStatus{
			core.NodeReady:          core.ConditionTrue,
			core.NodeMemoryPressure: core.ConditionFalse,
			core.NodeDiskPressure:   core.ConditionFalse,
			core.NodePIDPressure:    core.ConditionFalse,
		} {
			now := metav1.Now()
			node.Status.Conditions = append(node.Status.Conditions, core.NodeCondition{
				Type: kind, Status: status, Reason: "World", LastHeartbeatTime: now, LastTransitionTime: now,
			})
		}
		_, err = nodes.UpdateStatus(ctx, node, metav1.UpdateOptions{})
		return err
	})
}

// heartbeat renews the node's lease: without it, the node would be unreachable after 40 s, and its pods evicted.
func (w *world) heartbeat(ctx context.Context) {
	leases := w.kube.CoordinationV1().Leases(core.NamespaceNodeLease)
	beat := time.NewTicker(5 * time.Second)
	defer beat.Stop()
	for {
		now, holder, seconds := metav1.NowMicro(), Node, int32(40)
		spec := coordination.LeaseSpec{HolderIdentity: &holder, LeaseDurationSeconds: &seconds, RenewTime: &now}
		lease, err := leases.Get(ctx, Node, metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err):
			_, err = leases.Create(ctx, &coordination.Lease{ObjectMeta: metav1.ObjectMeta{Name: Node}, Spec: spec}, metav1.CreateOptions{})
		case err == nil:
			lease.Spec = spec
			_, err = leases.Update(ctx, lease, metav1.UpdateOptions{})
		}
		if err != nil && w.Log != nil && ctx.Err() == nil {
			w.Log("world: the node's lease: %v", err) // the next beat comes before it expires
		}
		select {
		case <-ctx.Done():
			return
		case <-beat.C:
		}
	}
}

// pod binds a pod to the node, starts it, ends it when it is to end by itself, and removes it when it is deleted.
func (w *world) pod(ctx context.Context, o *unstructured.Unstructured) error {
	pod := &core.Pod{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, pod); err != nil {
		return err
	}
	api := w.kube.CoreV1().Pods(pod.Namespace)
	switch {
	case pod.DeletionTimestamp != nil:
		now := int64(0)
		return api.Delete(ctx, pod.Name, metav1.DeleteOptions{GracePeriodSeconds: &now, Preconditions: &metav1.Preconditions{UID: &pod.UID}})
	case pod.Spec.NodeName == "":
		return api.Bind(ctx, &core.Binding{
			ObjectMeta: metav1.ObjectMeta{Name: pod.Name, UID: pod.UID},
			Target:     core.ObjectReference{Kind: "Node", Name: Node},
		}, metav1.CreateOptions{})
	case pod.Status.Phase == core.PodPending:
		if err := w.available(ctx, pod); err != nil {
			return err
		}
		w.start(pod)
	case pod.Status.Phase == core.PodRunning && pod.Spec.RestartPolicy != core.RestartPolicyAlways:
		finish(pod)
	default:
		return nil
	}
	_, err := api.UpdateStatus(ctx, pod, metav1.UpdateOptions{})
	return err
}

// start makes the pod run: its init containers are done, and its containers ready.
func (w *world) start(pod *core.Pod) {
	now, n := metav1.Now(), w.addresses.Add(1)
	ip := fmt.Sprintf("10.42.%d.%d", n>>8&0xff, n&0xff)
	running := core.ContainerState{Running: &core.ContainerStateRunning{StartedAt: now}}
	s := &pod.Status
	s.Phase, s.StartTime, s.ObservedGeneration = core.PodRunning, &now, pod.Generation
	s.PodIP, s.PodIPs = ip, []core.PodIP{{IP: ip}}
	s.HostIP, s.HostIPs = nodeAddress, []core.HostIP{{IP: nodeAddress}}
	s.InitContainerStatuses, s.ContainerStatuses = nil, nil
	for _, c := range pod.Spec.InitContainers {
		state := running
		if c.RestartPolicy == nil { // otherwise it runs beside the others
			state = completed(now)
		}
		s.InitContainerStatuses = append(s.InitContainerStatuses, container(pod, c, state))
	}
	for _, c := range pod.Spec.Containers {
		s.ContainerStatuses = append(s.ContainerStatuses, container(pod, c, running))
	}
	for _, condition := range []core.PodConditionType{core.PodScheduled, core.PodReadyToStartContainers, core.PodInitialized, core.ContainersReady, core.PodReady} {
		set(pod, condition, core.ConditionTrue, "")
	}
}

// finish ends the pod's containers, with success.
func finish(pod *core.Pod) {
	pod.Status.Phase = core.PodSucceeded
	for _, all := range [][]core.ContainerStatus{pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses} {
		for i := range all {
			all[i].Ready, all[i].State = false, completed(*pod.Status.StartTime)
		}
	}
	set(pod, core.ContainersReady, core.ConditionFalse, "PodCompleted")
	set(pod, core.PodReady, core.ConditionFalse, "PodCompleted")
}

func completed(started metav1.Time) core.ContainerState {
	return core.ContainerState{Terminated: &core.ContainerStateTerminated{Reason: "Completed", StartedAt: started, FinishedAt: metav1.Now()}}
}

func container(pod *core.Pod, c core.Container, state core.ContainerState) core.ContainerStatus {
	started := state.Running != nil
	return core.ContainerStatus{
		Name: c.Name, Image: c.Image, ImageID: c.Image, ContainerID: "world://" + string(pod.UID) + "/" + c.Name,
		Ready: true, Started: &started, State: state,
	}
}

// set sets a condition of the pod.
func set(pod *core.Pod, kind core.PodConditionType, status core.ConditionStatus, reason string) {
	condition := core.PodCondition{Type: kind, Status: status, Reason: reason, LastTransitionTime: metav1.Now(), ObservedGeneration: pod.Generation}
	for i := range pod.Status.Conditions {
		if pod.Status.Conditions[i].Type == kind {
			pod.Status.Conditions[i] = condition
			return
		}
	}
	pod.Status.Conditions = append(pod.Status.Conditions, condition)
}
