// Package config reads the one YAML file that says what a node runs.
//
//	c, err := config.Load("netwright.yaml")
//	if err != nil {
//		fmt.Fprintln(os.Stderr, err) // every mistake, one per line, with line and column
//		return
//	}
//	fmt.Print(c.Summary()) // the table that `netwright check` prints
//
// A [Config] is composed of the Config structs of the packages that do the
// work; it holds nothing of their meaning twice. Reading goes through three
// stages: [decode] turns the text into structs with their defaults and reports
// keys, types and units; each struct validates itself; and this package checks
// what only the whole file can tell: that a name which is used is defined, that
// no two services listen on the same address, that a guard can be asked by the
// protocol that it stands before. All three report to the same list, so that
// one run shows every mistake.
//
// The JSON schema for editors ([Schema]) and docs/config.md are made from the
// structs and their comments by config/gen.
package config

//go:generate go run ./gen
