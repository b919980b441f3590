package config

import (
	"errors"
	"maps"
	"slices"
	"strconv"

	"github.com/netwright/netwright/cert"
	"github.com/netwright/netwright/config/decode"
	"github.com/netwright/netwright/guard"
	"github.com/netwright/netwright/packet/protofile"
)

// CheckFiles reads the files that guards, certificates and protocols are made of and returns
// what is wrong in them. [Load] only looks whether they are there, for who runs the
// config reads them anyway.
func (c *Config) CheckFiles() decode.Problems {
	var found decode.Problems
	_, err := guard.NewSet(c.Guards, nil, nil)
	for _, err := range parts(err) {
		path := []string{"guards"}
		if e, ok := errors.AsType[*guard.ConfigError](err); ok {
			path, err = append(path, e.Path...), e.Err
		}
		found = append(found, c.doc.Value(path...).Problem("%v", err))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Certs)) {
		if c.Certs[name].Internal != nil {
			continue // made when something runs
		}
		if _, err := cert.New(name, c.Certs[name], "", nil); err != nil {
			found = append(found, c.doc.Value("certs", name).Problem("%v", err))
		}
	}
	found = append(found, c.checkProtocols()...)
	for _, p := range found {
		p.Message = c.doc.Hide(p.Message)
	}
	return found.Sorted()
}

// checkProtocols reads the files of protocols, and makes all of them ready
// together, since they may name each other.
func (c *Config) checkProtocols() (found decode.Problems) {
	var all []protofile.File
	for i, path := range c.Protocols {
		files, err := protofile.Load(path)
		if err != nil {
			found = append(found, c.doc.Value("protocols", strconv.Itoa(i)).Problem("%v", err))
		}
		all = append(all, files...)
	}
	if found == nil && all != nil {
		if _, err := protofile.Set(all); err != nil {
			found = append(found, c.doc.Value("protocols").Problem("%v", err))
		}
	}
	return found
}

// parts are the errors that err joins.
func parts(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	if err == nil {
		return nil
	}
	return []error{err}
}
