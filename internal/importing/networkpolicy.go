package importing

// policies finds a profile and flows for the policies of each namespace, or makes a profile of them.
func (w *work) policies(objects []*Object) {
	for _, o := range objects {
		w.out(o, NotExpressed, "TODO")
	}
}

func (w *work) refusePolicies(e *entry, why string)         {}
func (w *work) takeOutProfile(name, why string) bool        { return false }
func (w *work) comparedPolicy(o *Object, byID map[ID]*made) {}
