package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/netwright/netwright/config/decode"
)

const module = "github.com/netwright/netwright"

// comments finds the doc comments of structs and their fields in the source.
type comments struct {
	root     string // folder of go.mod
	packages map[string]map[string]*ast.StructType
	types    map[string]string // package.Type → text
}

func newComments(root string) *comments {
	return &comments{root: root, packages: map[string]map[string]*ast.StructType{}, types: map[string]string{}}
}

// field returns the text above a field, in one line.
func (c *comments) field(f decode.Field) (string, error) {
	structs, err := c.load(f.Owner.PkgPath())
	if err != nil {
		return "", err
	}
	s := structs[f.Owner.Name()]
	if s == nil {
		return "", nil
	}
	for _, field := range s.Fields.List {
		for _, name := range field.Names {
			if name.Name == f.GoName {
				return text(field.Doc), nil
			}
		}
	}
	return "", nil
}

// typeText returns the first paragraph above a struct, which is for users; what
// follows is for those who read the code.
func (c *comments) typeText(t reflect.Type) (string, error) {
	if _, err := c.load(t.PkgPath()); err != nil {
		return "", err
	}
	return c.types[t.PkgPath()+"."+t.Name()], nil
}

func (c *comments) load(path string) (map[string]*ast.StructType, error) {
	if structs, ok := c.packages[path]; ok {
		return structs, nil
	}
	structs := map[string]*ast.StructType{}
	c.packages[path] = structs
	folder, ours := strings.CutPrefix(path, module)
	if !ours {
		return structs, nil
	}
	names, err := filepath.Glob(filepath.Join(c.root, folder, "*.go"))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		c.collect(path, file, structs)
	}
	return structs, nil
}

func (c *comments) collect(path string, file *ast.File, structs map[string]*ast.StructType) {
	for _, decl := range file.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.TYPE {
			continue
		}
		for _, spec := range group.Specs {
			spec := spec.(*ast.TypeSpec)
			if s, ok := spec.Type.(*ast.StructType); ok {
				structs[spec.Name.Name] = s
			}
			doc := spec.Doc
			if doc == nil {
				doc = group.Doc
			}
			first, _, _ := strings.Cut(doc.Text(), "\n\n")
			c.types[path+"."+spec.Name.Name] = strings.Join(strings.Fields(first), " ")
		}
	}
}

// text joins a comment's lines.
func text(doc *ast.CommentGroup) string {
	if doc == nil {
		return ""
	}
	return strings.Join(strings.Fields(doc.Text()), " ")
}
