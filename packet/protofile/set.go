package protofile

import (
	"fmt"
	"maps"
	"slices"

	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/proto"
)

// Set is the built-in protocols and those of files, which win. A protocol that
// stands in a table which no other looks into would never be met: that is an
// error, as is each mistake that shows only in making the protocols ready.
func Set(files []File) (*layer.Set, error) {
	all := append(proto.All(), Protos(files)...)
	tables := map[string]bool{"link": true}
	for _, p := range all {
		for _, n := range p.Next {
			tables[n.Table] = true
		}
	}
	for _, f := range files {
		for _, on := range f.Proto.On {
			if !tables[on.Table] {
				return nil, fmt.Errorf("%s: protocol %s: on: no protocol looks into a table %q%s", f.Path, f.Proto.Name, on.Table, layer.Nearest(on.Table, slices.Sorted(maps.Keys(tables))))
			}
		}
	}
	return layer.NewSet(all...)
}
