package config

import "github.com/netwright/netwright/edge"

// nameRoutes gives routes that are known by their match another name where
// ${env:…} or ${file:…} brought something into it: names stand in records, metrics
// and on the console, where no secret belongs.
func (c *Config) nameRoutes() {
	for name, service := range c.Serve {
		for i := range service.Routes {
			if r := &service.Routes[i]; r.Match != nil {
				r.Known = c.shownTitle(r, []string{"serve", name, "routes", index(i), "match"})
			}
		}
	}
}

// shownTitle is the match of a route as the file has it, or "" where that is what
// it is anyway.
func (c *Config) shownTitle(r *edge.RouteConfig, path []string) string {
	m := *r.Match
	m.Method = c.shown(m.Method, at(path, "method"))
	m.Host = c.shown(m.Host, at(path, "host"))
	m.Path = c.shown(m.Path, at(path, "path"))
	m.Header = c.shownFields(m.Header, at(path, "header"))
	m.Query = c.shownFields(m.Query, at(path, "query"))
	title, shown := edge.RouteConfig{Match: r.Match}, edge.RouteConfig{Match: &m}
	if title.Title() == shown.Title() {
		return ""
	}
	return shown.Title()
}

func (c *Config) shownFields(fields map[string][]string, path []string) map[string][]string {
	out := make(map[string][]string, len(fields))
	for name, values := range fields {
		out[name] = c.shown(values, at(path, name))
	}
	return out
}

// shown is a list of texts as the file has them, without what was brought in.
func (c *Config) shown(values, path []string) []string {
	out := make([]string, len(values))
	for i, value := range values {
		out[i] = c.shownText(value, at(path, index(i)))
	}
	return out
}

func (c *Config) shownText(value string, path []string) string {
	if raw, ok := c.doc.Raw(path...); ok {
		return raw
	}
	return value
}
