// Package pagestest takes the command lines out of the pages on packets, for tests
// that type them.
//
//	pages := pagestest.Pages(t, "../..") // the repository
//	for _, c := range pages[0].Commands {
//		if !c.OnWire() {
//			out, err := exec.Command("sh", "-c", c.Line).CombinedOutput()
//			…
//			if wrong := c.Differs(string(out)); wrong != "" {
//
// Command lines are those behind a $ in console blocks, and those that begin with
// netwright, or sudo, in tables. What follows in a console block is what they
// print.
package pagestest
