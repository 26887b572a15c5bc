package render

import (
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

type middleware struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              middlewareSpec `json:"spec"`
}

type middlewareSpec struct {
	Headers middlewareHeaders `json:"headers"`
}

// middlewareHeaders are removed from a request when they are empty (traefik pkg/middlewares/headers/header.go).
type middlewareHeaders struct {
	CustomRequestHeaders map[string]string `json:"customRequestHeaders"`
}

// middlewares are those that remove the headers of the platform's logins where no login runs. It is in the namespace of its routes: from
// another one, Traefik would have to allow it, and all these routes would wait for one Application.
func middlewares(k kind, _ *catalog.Platform, n *catalog.Namespace) []object.Object {
	if len(n.IdentityHeaders) == 0 {
		return nil
	}
	id := identity{Kind: k, Namespace: n.Name, Name: catalog.IdentityMiddleware, Origin: catalog.PlatformFile + "#ingress/identityHeaders", Sync: n.IdentitySync}
	return []object.Object{id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
		removed := map[string]string{}
		for _, header := range n.IdentityHeaders {
			removed[header] = ""
		}
		return &middleware{TypeMeta: t, ObjectMeta: m, Spec: middlewareSpec{middlewareHeaders{removed}}}
	})}
}
