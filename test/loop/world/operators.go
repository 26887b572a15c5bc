package world

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

var (
	pods       = core.SchemeGroupVersion.WithResource("pods")
	claims     = core.SchemeGroupVersion.WithResource("persistentvolumeclaims")
	services   = core.SchemeGroupVersion.WithResource("services")
	configMaps = core.SchemeGroupVersion.WithResource("configmaps")
	secrets    = core.SchemeGroupVersion.WithResource("secrets")

	crds = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}

	eso             = schema.GroupVersion{Group: "external-secrets.io", Version: "v1"}
	externalSecrets = eso.WithResource("externalsecrets")
	stores          = eso.WithResource("secretstores")
	clusterStores   = eso.WithResource("clustersecretstores")

	certManager    = schema.GroupVersion{Group: "cert-manager.io", Version: "v1"}
	certificates   = certManager.WithResource("certificates")
	issuers        = certManager.WithResource("issuers")
	clusterIssuers = certManager.WithResource("clusterissuers")
)

// watchCustom watches the resources that come with a CRD, each as long as its CRD is there.
func (w *world) watchCustom(ctx context.Context) {
	acts := map[string]act{}
	resources := map[string]schema.GroupVersionResource{}
	for resource, do := range map[schema.GroupVersionResource]act{
		externalSecrets: w.externalSecret,
		stores:          w.ready(stores, "Valid"),
		clusterStores:   w.ready(clusterStores, "Valid"),
		certificates:    w.certificate,
		issuers:         w.ready(issuers, "ACMEAccountRegistered"),
		clusterIssuers:  w.ready(clusterIssuers, "ACMEAccountRegistered"),
	} {
		crd := resource.GroupResource().String()
		acts[crd], resources[crd] = do, resource
	}
	type watched struct {
		uid  types.UID
		stop context.CancelFunc
	}
	running := map[string]watched{}
	w.watch(ctx, crds, func(ctx context.Context, crd *unstructured.Unstructured) error {
		name := crd.GetName()
		do, ok := acts[name]
		if !ok {
			return nil
		}
		serves := crd.GetDeletionTimestamp() == nil && has(crd, "Established")
		if before, ok := running[name]; ok {
			if serves && before.uid == crd.GetUID() {
				return nil
			}
			before.stop()
			delete(running, name)
		}
		if serves {
			ctx, stop := context.WithCancel(ctx)
			running[name] = watched{crd.GetUID(), stop}
			w.running.Go(func() { w.watch(ctx, resources[name], do) })
		}
		return nil
	})
}

// operator registers the CRDs of an operator that has just been deployed.
func (w *world) operator(ctx context.Context, o *unstructured.Unstructured) error {
	for _, operator := range w.Operators {
		if operator.Namespace != o.GetNamespace() || operator.ConfigMap != o.GetName() {
			continue
		}
		for _, crd := range operator.CRDs {
			if _, err := w.objects.Resource(crds).Create(ctx, &crd, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
				return err
			}
		}
	}
	return nil
}

// claim binds a PersistentVolumeClaim, to what it asks for.
func (w *world) claim(ctx context.Context, o *unstructured.Unstructured) error {
	modes, _, _ := unstructured.NestedSlice(o.Object, "spec", "accessModes")
	wanted, _, _ := unstructured.NestedMap(o.Object, "spec", "resources", "requests")
	phase, _, _ := unstructured.NestedString(o.Object, "status", "phase")
	capacity, _, _ := unstructured.NestedMap(o.Object, "status", "capacity")
	if phase == string(core.ClaimBound) && reflect.DeepEqual(capacity, wanted) {
		return nil
	}
	return w.report(ctx, claims, o, map[string]any{"phase": core.ClaimBound, "accessModes": modes, "capacity": wanted})
}

// service gives a Service of type LoadBalancer its addresses: those that it asks Cilium for, or the next.
func (w *world) service(ctx context.Context, o *unstructured.Unstructured) error {
	kind, _, _ := unstructured.NestedString(o.Object, "spec", "type")
	given, _, _ := unstructured.NestedSlice(o.Object, "status", "loadBalancer", "ingress")
	if kind != string(core.ServiceTypeLoadBalancer) || len(given) > 0 {
		return nil
	}
	addresses := o.GetAnnotations()["io.cilium/lb-ipam-ips"]
	if addresses == "" {
		n := w.addresses.Add(1)
		addresses = fmt.Sprintf("198.18.%d.%d", n>>8&0xff, n&0xff)
	}
	var ingress []any
	for _, address := range strings.Split(addresses, ",") {
		ingress = append(ingress, map[string]any{"ip": strings.TrimSpace(address)})
	}
	return w.report(ctx, services, o, map[string]any{"loadBalancer": map[string]any{"ingress": ingress}})
}

// ready is for a kind of which only its readiness is known.
func (w *world) ready(resource schema.GroupVersionResource, reason string) act {
	return func(ctx context.Context, o *unstructured.Unstructured) error {
		if has(o, "Ready") {
			return nil
		}
		return w.report(ctx, resource, o, map[string]any{"conditions": isReady(reason)})
	}
}

// externalSecret makes the Secret that an ExternalSecret describes, as soon as its store is ready. A value is its place in the store.
func (w *world) externalSecret(ctx context.Context, o *unstructured.Unstructured) error {
	var e struct {
		Spec struct {
			SecretStoreRef struct{ Kind, Name string }
			Target         struct {
				Name     string
				Template *struct{ Type string }
			}
			Data []struct {
				SecretKey string
				RemoteRef struct{ Key, Property string }
			}
			DataFrom []struct {
				Extract struct{ Key string }
			}
		}
		Status struct{ SyncedResourceVersion string }
	}
	if err := convert(o, &e); err != nil {
		return err
	}
	synced := fmt.Sprint(o.GetGeneration())
	if o.GetDeletionTimestamp() != nil || e.Status.SyncedResourceVersion == synced {
		return nil
	}
	store := stores
	if e.Spec.SecretStoreRef.Kind == "ClusterSecretStore" {
		store = clusterStores
	}
	if err := w.waitFor(ctx, store, o.GetNamespace(), e.Spec.SecretStoreRef.Name); err != nil {
		return err
	}
	data := map[string]string{}
	for _, d := range e.Spec.Data {
		data[d.SecretKey] = d.RemoteRef.Key + "#" + d.RemoteRef.Property
	}
	for _, from := range e.Spec.DataFrom {
		properties, ok := w.Properties[from.Extract.Key]
		if !ok {
			return fmt.Errorf("the options have no values for the store's %q", from.Extract.Key)
		}
		for _, property := range properties {
			data[property] = from.Extract.Key + "#" + property
		}
	}
	if _, ok := data[core.DockerConfigJsonKey]; ok {
		data[core.DockerConfigJsonKey] = `{"auths":{}}` // it has to be JSON
	}
	metadata := map[string]any{
		"name": e.Spec.Target.Name,
		"ownerReferences": []any{map[string]any{
			"apiVersion": o.GetAPIVersion(), "kind": o.GetKind(), "name": o.GetName(), "uid": string(o.GetUID()),
			"controller": true, "blockOwnerDeletion": true,
		}},
	}
	kind := core.SecretTypeOpaque
	if t := e.Spec.Target.Template; t == nil { // the operator hands these on, unless a template has its own
		for _, field := range []string{"labels", "annotations"} {
			if values, found, _ := unstructured.NestedMap(o.Object, "metadata", field); found {
				metadata[field] = values
			}
		}
	} else if t.Type != "" {
		kind = core.SecretType(t.Type)
	}
	if err := w.secret(ctx, o.GetNamespace(), metadata, kind, data); err != nil {
		return err
	}
	return w.report(ctx, externalSecrets, o, map[string]any{
		"conditions":            isReady("SecretSynced"),
		"refreshTime":           time.Now().UTC().Format(time.RFC3339),
		"syncedResourceVersion": synced,
	})
}

// certificate makes the Secret of a Certificate, as soon as its issuer is ready.
func (w *world) certificate(ctx context.Context, o *unstructured.Unstructured) error {
	var c struct {
		Spec struct {
			SecretName string
			IssuerRef  struct{ Kind, Name string }
		}
	}
	if err := convert(o, &c); err != nil {
		return err
	}
	if has(o, "Ready") {
		return nil
	}
	issuer := issuers
	if c.Spec.IssuerRef.Kind == "ClusterIssuer" {
		issuer = clusterIssuers
	}
	if err := w.waitFor(ctx, issuer, o.GetNamespace(), c.Spec.IssuerRef.Name); err != nil {
		return err
	}
	data := map[string]string{core.TLSCertKey: "a certificate", core.TLSPrivateKeyKey: "its key"}
	if err := w.secret(ctx, o.GetNamespace(), map[string]any{"name": c.Spec.SecretName}, core.SecretTypeTLS, data); err != nil {
		return err
	}
	return w.report(ctx, certificates, o, map[string]any{"conditions": isReady("Ready")})
}

// waitFor is an error until the object exists and is ready. For a kind of the whole cluster the namespace does not count.
func (w *world) waitFor(ctx context.Context, resource schema.GroupVersionResource, namespace, name string) error {
	if resource == clusterStores || resource == clusterIssuers {
		namespace = ""
	}
	o, err := w.objects.Resource(resource).Namespace(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("waits: %w", err)
	}
	if !has(o, "Ready") {
		return fmt.Errorf("waits for %s %s to be ready", resource.Resource, name)
	}
	return nil
}

// secret makes a Secret have just these data.
func (w *world) secret(ctx context.Context, namespace string, metadata map[string]any, kind core.SecretType, data map[string]string) error {
	encoded := map[string]any{}
	for key, value := range data {
		encoded[key] = base64.StdEncoding.EncodeToString([]byte(value))
	}
	secret := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": string(kind), "data": encoded,
	}}
	_, err := w.objects.Resource(secrets).Namespace(namespace).Apply(ctx, secret.GetName(), secret, metav1.ApplyOptions{FieldManager: manager, Force: true})
	return err
}

// manager is who has written what the world writes.
const manager = "world"

// report writes a part of an object's status.
func (w *world) report(ctx context.Context, resource schema.GroupVersionResource, o *unstructured.Unstructured, status map[string]any) error {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"uid": o.GetUID()}, "status": status})
	if err != nil {
		return err
	}
	_, err = w.objects.Resource(resource).Namespace(o.GetNamespace()).Patch(
		ctx, o.GetName(), types.MergePatchType, patch, metav1.PatchOptions{FieldManager: manager}, "status")
	return err
}

// has reports whether a condition of the object is true.
func has(o *unstructured.Unstructured, condition string) bool {
	all, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	for _, c := range all {
		if c, ok := c.(map[string]any); ok && c["type"] == condition {
			return c["status"] == "True"
		}
	}
	return false
}

func isReady(reason string) []any {
	return []any{map[string]any{
		"type": "Ready", "status": "True", "reason": reason, "message": "by the world of a test",
		"lastTransitionTime": time.Now().UTC().Format(time.RFC3339),
	}}
}

func convert(o *unstructured.Unstructured, into any) error {
	text, err := o.MarshalJSON()
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}
