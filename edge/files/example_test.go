package files_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/netwright/netwright/edge/files"
	"github.com/netwright/netwright/http/message"
)

// printed is an Answer on standard output.
type printed struct {
	io.Writer
	head message.Response
}

func (p *printed) Response() *message.Response { return &p.head }

func (p *printed) Respond(r *message.Response, body []byte) error {
	fmt.Println(r.Status, string(r.Fields.Get(message.ContentType)), r.Length)
	_, err := p.Write(body)
	return err
}

func (p *printed) ReadFrom(r io.Reader) (int64, error) { return io.Copy(p.Writer, r) }

func (p *printed) Finish(message.Fields) error { return nil }

func Example() {
	root, err := os.MkdirTemp("", "public")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(root)
	_ = os.WriteFile(filepath.Join(root, "hello.txt"), []byte("hello, world\n"), 0o644)

	h, err := files.New(files.Config{Root: root})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer h.Close()
	request := &message.Request{Method: []byte("GET"), Path: []byte("/hello.txt")}
	request.Fields.AddKnown(message.Range, []byte("bytes=7-"))
	err = h.Serve(request, request.Path, &printed{Writer: os.Stdout})
	fmt.Println(err)
	// Output:
	// 206 text/plain; charset=utf-8 6
	// world
	// <nil>
}
