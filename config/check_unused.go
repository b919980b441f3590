package config

// unused warns of what is defined and named nowhere: it may be a guard that was
// meant to stand before something.
func (k *checker) unused() {
	for _, section := range []struct{ name, what, remedy string }{
		{"certs", "certificate", "name it in the cert of a service"},
		{"guards", "guard", "name it in the guards of what it is to stand before"},
		{"pools", "pool", "name it in the proxy of a route"},
	} {
		for _, name := range k.doc.Names(section.name) {
			if !k.used[section.name+" "+name] {
				p := k.doc.Key(section.name, name).Problem("nothing uses the %s %s; %s", section.what, name, section.remedy)
				k.warnings = append(k.warnings, p)
			}
		}
	}
}

// warn reports what is useless at path, and does no harm.
func (k *checker) warn(path []string, format string, args ...any) {
	k.warnings = append(k.warnings, k.doc.Value(path...).Problem(format, args...))
}
