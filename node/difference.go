package node

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/netwright/netwright/config"
)

// difference says in words what a reload changes.
func difference(old, next *config.Config) []string {
	changes := []string{}
	add := func(format string, args ...any) { changes = append(changes, fmt.Sprintf(format, args...)) }
	if !reflect.DeepEqual(old.Console, next.Console) {
		add("console changed")
	}
	if old.Drain != next.Drain {
		add("drain is %v", next.Drain)
	}
	if old.Data != next.Data {
		add("data is another folder: that takes effect when the node is started again")
	}
	named(add, "certificate", old.Certs, next.Certs)
	named(add, "guard", old.Guards, next.Guards)
	named(add, "pool", old.Pools, next.Pools)
	for name, cfg := range next.Serve {
		if before, there := old.Serve[name]; there && before.Limits.Connections != cfg.Limits.Connections {
			add("service %s: the limit of connections takes effect when the node is started again", name)
		}
	}
	named(add, "service", old.Serve, next.Serve)
	if !reflect.DeepEqual(old.Records, next.Records) {
		add("records changed")
	}
	return changes
}

// named compares a section of named things.
func named[T any](add func(string, ...any), what string, old, next map[string]T) {
	for _, name := range slices.Sorted(maps.Keys(next)) {
		if before, there := old[name]; !there {
			add("%s %s added", what, name)
		} else if !reflect.DeepEqual(before, next[name]) {
			add("%s %s changed", what, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(old)) {
		if _, there := next[name]; !there {
			add("%s %s removed", what, name)
		}
	}
}
