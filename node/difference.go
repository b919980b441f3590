package node

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/netwright/netwright/config"
)

// difference says in words what a reload changes. What it cannot change says so.
func difference(old, next *config.Config) []string {
	changes := []string{}
	add := func(format string, args ...any) { changes = append(changes, fmt.Sprintf(format, args...)) }
	if keys := changedKeys(old.Console, next.Console); len(keys) > 0 {
		add("console: %s changed", strings.Join(keys, ", "))
	}
	if old.Drain != next.Drain {
		if next.Drain < 0 {
			add("drain is off")
		} else {
			add("drain is %v", next.Drain)
		}
	}
	if old.Data != next.Data {
		add("data is another folder: that takes effect when the node is started again")
	}
	named(add, "certificate", old.Certs, next.Certs)
	named(add, "guard", old.Guards, next.Guards)
	named(add, "pool", old.Pools, next.Pools)
	named(add, "service", old.Serve, next.Serve)
	for _, name := range slices.Sorted(maps.Keys(next.Serve)) {
		before, there := old.Serve[name]
		if there && !reflect.DeepEqual(before.Sessions, next.Serve[name].Sessions) {
			add("service %s: sessions of a udp listener that stays change when the node is started again", name)
		}
	}
	if !reflect.DeepEqual(old.Records, next.Records) {
		add("records changed")
	}
	return changes
}

// named compares a section of named things.
func named[T any](add func(string, ...any), what string, old, next map[string]T) {
	for _, name := range slices.Sorted(maps.Keys(next)) {
		before, there := old[name]
		if !there {
			add("%s %s added", what, name)
		} else if keys := changedKeys(before, next[name]); len(keys) > 0 {
			add("%s %s: %s changed", what, name, strings.Join(keys, ", "))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(old)) {
		if _, there := next[name]; !there {
			add("%s %s removed", what, name)
		}
	}
}

// changedKeys lists the keys of a section of the config whose values differ.
func changedKeys(old, next any) []string {
	var keys []string
	a, b := reflect.ValueOf(old), reflect.ValueOf(next)
	for i := range a.NumField() {
		key, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("yaml"), ",")
		x, y := a.Field(i).Interface(), b.Field(i).Interface()
		switch {
		case reflect.DeepEqual(x, y):
		case key == "" && a.Field(i).Kind() == reflect.Struct: // inline
			keys = append(keys, changedKeys(x, y)...)
		default:
			keys = append(keys, key)
		}
	}
	return keys
}
