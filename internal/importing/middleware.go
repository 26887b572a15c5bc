package importing

// identityHeaders is the Middleware that roster itself renders where no login runs.
const identityHeaders = "roster-identity-headers"

// middlewares keeps the headers that roster's own Middleware removes. Others belong to an application.
func (w *work) middlewares(objects []*Object) {
	for _, o := range objects {
		headers := mapping(o.Value, "spec", "headers", "customRequestHeaders")
		if o.Name != identityHeaders || text(mapping(o.Value, "metadata", "labels"), managedBy) != "roster" || len(headers) == 0 {
			w.out(o, Left, "roster only refers to Middlewares: an application deploys them")
			continue
		}
		if w.platform.headers == nil {
			w.platform.headers = sortedKeys(headers)
		}
		w.took(o, "platform.yml: ingress.identityHeaders")
	}
}
