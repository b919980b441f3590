package guard

// Line is one step of an explanation.
type Line struct {
	Guard    string   `json:"guard"`    // the guard's name
	Step     string   `json:"step"`     // address, rate, concurrency, basic, keys, client_cert, any
	Decision Decision `json:"decision"` // what this step answers
	Text     string   `json:"text"`     // why, in words
}

// MarshalText writes the decision in words.
func (d Decision) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// explainer is what every guard of this package can do besides Ask.
type explainer interface {
	explain(a *Attempt) ([]Line, Decision)
}

// Explain returns what g thinks of the attempt, step by step, up to the first
// step that does not admit. It counts nothing, but it checks passwords as Ask
// does and sets a.Subject.
func Explain(g Guard, a *Attempt) []Line {
	lines, _ := explain(g, a)
	return lines
}

func explain(g Guard, a *Attempt) ([]Line, Decision) {
	if e, ok := g.(explainer); ok {
		return e.explain(a)
	}
	v := g.Ask(a)
	return []Line{{Guard: v.Guard, Decision: v.Decision, Text: v.Reason}}, v.Decision
}
