package importing

func (w *work) applicationSets(objects []*Object) {
	for _, o := range objects {
		w.out(o, NotExpressed, "TODO")
	}
}
func (w *work) comparedSets() {}

func (w *work) expand() {}
