package layer

// Pending tells whether there are layers that nobody has asked for.
func (st *Stack) Pending() bool { return st.pending.next != nil }
