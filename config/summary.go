package config

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/netwright/netwright/edge"
	"github.com/netwright/netwright/edge/upstream"
)

// Summary is what would run with a config, for people and, as JSON, for machines.
type Summary struct {
	File     string           `json:"file"`
	Data     string           `json:"data,omitempty"`
	Services []ServiceSummary `json:"services"`
	Pools    []PoolSummary    `json:"pools"`
	Records  []string         `json:"records"`
}

// ServiceSummary is what one service does.
type ServiceSummary struct {
	Name   string         `json:"name"`
	Does   string         `json:"does"`
	Listen []string       `json:"listen"`
	Certs  []string       `json:"certs,omitempty"`
	Guards []string       `json:"guards,omitempty"`
	Routes []RouteSummary `json:"routes,omitempty"`
}

// RouteSummary is what one route does.
type RouteSummary struct {
	Match  string   `json:"match"`
	Does   string   `json:"does"`
	Guards []string `json:"guards,omitempty"`
}

// PoolSummary is one pool that has a name.
type PoolSummary struct {
	Name    string   `json:"name"`
	Balance string   `json:"balance"`
	Targets []string `json:"targets"`
}

// Summary tells what would run, the services in the order of the file.
func (c *Config) Summary() Summary {
	s := Summary{File: c.doc.Name(), Services: []ServiceSummary{}, Pools: []PoolSummary{}, Records: []string{}}
	s.Data, _ = c.DataFolder() // without a home folder there is none to show
	if !c.Console.Off() {
		console := ServiceSummary{Name: "console", Does: "web console and API", Listen: []string{c.Console.Listen}, Guards: c.Console.Guards}
		if c.Console.Cert != "" {
			console.Certs = []string{c.Console.Cert}
		}
		s.Services = append(s.Services, console)
	}
	for _, name := range c.order("serve", slices.Sorted(maps.Keys(c.Serve))) {
		service := c.Serve[name]
		s.Services = append(s.Services, c.service(name, &service))
	}
	for _, name := range c.order("pools", slices.Sorted(maps.Keys(c.Pools))) {
		pool := c.Pools[name]
		s.Pools = append(s.Pools, PoolSummary{name, pool.Balance.Policy, targets(&pool)})
	}
	for _, sink := range c.Records {
		s.Records = append(s.Records, c.short(sink.File)+" ("+sink.Format+")")
	}
	return s
}

// order puts names in the order of the file.
func (c *Config) order(section string, names []string) []string {
	if inFile := c.doc.Names(section); len(inFile) == len(names) {
		return inFile
	}
	return names
}

// short is the name of a file as the config would have it.
func (c *Config) short(file string) string {
	if dir, err := filepath.Abs(filepath.Dir(c.doc.Name())); err == nil {
		if name, err := filepath.Rel(dir, file); err == nil && filepath.IsLocal(name) {
			return name
		}
	}
	return file
}

func (c *Config) service(name string, s *ServiceConfig) ServiceSummary {
	sum := ServiceSummary{Name: name, Listen: s.Listen, Certs: s.Cert, Guards: s.Guards}
	if s.Stream != nil {
		sum.Does = s.Stream.Kind
		if len(s.Stream.Command) > 0 {
			sum.Does += " " + strings.Join(c.shown(s.Stream.Command, []string{"serve", name, "stream", "command"}), " ")
		}
		return sum
	}
	sum.Does = fmt.Sprintf("%d routes", len(s.Routes))
	if len(s.Routes) == 1 {
		sum.Does = "1 route"
	}
	for i := range s.Routes {
		r := &s.Routes[i]
		unnamed := *r
		unnamed.Name = ""
		match := unnamed.Title()
		if r.Name != "" {
			match += " [" + r.Name + "]"
		}
		sum.Routes = append(sum.Routes, RouteSummary{match, c.does(r, []string{"serve", name, "routes", index(i)}), r.Guards})
	}
	return sum
}

// does says what a route does with a request. It stands at path.
func (c *Config) does(r *edge.RouteConfig, path []string) string {
	switch {
	case r.Proxy != nil && r.Proxy.Pool != "":
		return "proxy to the pool " + r.Proxy.Pool
	case r.Proxy != nil:
		return "proxy to " + strings.Join(targets(&r.Proxy.Config), ", ")
	case r.Files != nil:
		return "files of " + c.short(r.Files.Root)
	case r.Redirect != nil:
		return fmt.Sprintf("redirect to %s (%d)", c.shownText(r.Redirect.To, at(path, "redirect", "to")), r.Redirect.Status)
	case r.Respond != nil:
		return fmt.Sprintf("respond %d", r.Respond.Status)
	}
	return "metrics"
}

func targets(pool *upstream.Config) []string {
	names := make([]string, len(pool.To))
	for i, target := range pool.To {
		names[i] = target.URL
		if target.Weight > 1 {
			names[i] += fmt.Sprintf(" ×%d", target.Weight)
		}
	}
	return names
}

// String is the table that `netwright check` prints.
func (s Summary) String() string {
	var out strings.Builder
	table := tabwriter.NewWriter(&out, 0, 8, 3, ' ', 0)
	fmt.Fprintln(table, "SERVICE\tLISTEN\tDOES")
	for _, service := range s.Services {
		for i, listen := range service.Listen {
			name, does := "", ""
			if i == 0 {
				name, does = service.Name, service.Does+behind(service.Guards)
				if len(service.Certs) > 0 {
					does += ", certificate " + strings.Join(service.Certs, ", ")
				}
			}
			fmt.Fprintf(table, "%s\t%s\t%s\n", name, listen, does)
		}
		for _, route := range service.Routes {
			fmt.Fprintf(table, "\t  %s\t  %s\n", route.Match, route.Does+behind(route.Guards))
		}
	}
	for i, pool := range s.Pools {
		if i == 0 {
			fmt.Fprintln(table, "\nPOOL\tBALANCE\tTARGETS")
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", pool.Name, pool.Balance, strings.Join(pool.Targets, ", "))
	}
	_ = table.Flush() // a strings.Builder does not fail
	for _, file := range s.Records {
		fmt.Fprintf(&out, "\nrecords go to %s", file)
	}
	if len(s.Records) > 0 {
		out.WriteByte('\n')
	}
	return out.String()
}

func behind(guards []string) string {
	if len(guards) == 0 {
		return ""
	}
	return ", behind " + strings.Join(guards, ", ")
}
