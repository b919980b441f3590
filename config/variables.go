package config

import "github.com/netwright/netwright/edge/route"

// variables says which ${…} the value at a path may have besides env and file:
// what a route makes for each request has those of edge/route.
func variables(path []string) func(name string) error {
	if len(path) < 4 || path[0] != "serve" {
		return nil
	}
	switch rest := path[2:]; rest[0] {
	case "errors":
		if perRequest(rest) {
			return route.CheckVariable
		}
	case "routes":
		if len(rest) > 2 && perRequest(rest[2:]) {
			return route.CheckVariable
		}
	}
	return nil
}

// perRequest tells whether a value of a route is made for each request.
func perRequest(path []string) bool {
	last := path[len(path)-1]
	switch path[0] {
	case "headers":
		return true
	case "rewrite":
		return last == "replace"
	case "redirect":
		return last == "to"
	case "respond":
		return last == "body" || len(path) > 2 && path[1] == "headers"
	case "errors":
		return last != "file" && last != "type"
	}
	return false
}
