package proto

import "github.com/netwright/netwright/packet/layer"

// data is what no protocol takes.
var data = &layer.Proto{
	Name: "data", Title: "Data", Alias: []string{"Raw", "payload"},
	Fields: []layer.Field{
		{Name: "data.data", Alias: "load", Title: "Data", Kind: layer.Bytes},
		{Name: "data.len", Title: "Length", Calc: "size"},
	},
	Summary: "${len} bytes",
}
