package importing

// serviceAccounts keeps what the default account of a namespace is. Others belong to what uses them.
func (w *work) serviceAccounts(objects []*Object) {
	for _, o := range objects {
		e := w.entries[o.Namespace]
		switch {
		case o.Name != "default":
			w.out(o, Left, "roster renders the account default alone: an application deploys the others")
		case e == nil:
			w.out(o, Left, "Kubernetes makes it in each namespace")
		default:
			e.token = o.Value["automountServiceAccountToken"] != false
			e.of = append(e.of, o)
			w.took(o, o.Namespace+".automountServiceAccountToken")
		}
	}
}

// keepTokens has namespaces keep what Kubernetes does without an account that somebody wrote: pods get a token. Whether one was read is known by
// those that were taken.
func (w *work) keepTokens() {
	read := map[string]bool{}
	for o, outcome := range w.outcomes {
		if o.Kind == "ServiceAccount" && outcome.State == "" {
			read[o.Namespace] = true
		}
	}
	for _, e := range w.sorted() {
		if e.token || !read[e.namespace] {
			put(&e.fields, "automountServiceAccountToken", true)
		}
	}
}

func settleServiceAccount(read, rendered map[string]any) (notes []string) {
	if read["automountServiceAccountToken"] == nil && rendered["automountServiceAccountToken"] == true {
		read["automountServiceAccountToken"] = true
		notes = append(notes, "automountServiceAccountToken: it is true without the field, too")
	}
	return notes
}
