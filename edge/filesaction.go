package edge

import (
	"errors"
	"reflect"

	"github.com/netwright/netwright/edge/files"
)

// folder is the action of a route that serves files.
type folder struct {
	cfg *files.Config
	*files.Handler
}

// newFolder opens the folder of a route, or takes over the one that an older
// table has open.
func newFolder(cfg *files.Config, old *table) (Handler, error) {
	if old != nil {
		for _, r := range old.routes {
			if f, ok := r.handler.(*folder); ok && reflect.DeepEqual(f.cfg, cfg) {
				return f, nil
			}
		}
	}
	h, err := files.New(*cfg)
	if err != nil {
		return nil, err
	}
	return &folder{cfg, h}, nil
}

// ServeExchange implements Handler.
func (f *folder) ServeExchange(ex *Exchange) error {
	err := f.Handler.Serve(ex.Request, ex.Request.Path, ex)
	if refused, ok := errors.AsType[*files.Error](err); ok {
		return &Failure{refused.Status, err}
	}
	return err
}

// closeFolders closes the folders that no route of the next table serves.
func (t *table) closeFolders(next *table) {
	for _, r := range t.routes {
		if f, ok := r.handler.(*folder); ok && !next.serves(f) {
			f.Close()
		}
	}
}

func (t *table) serves(f *folder) bool {
	for _, r := range t.routes {
		if r.handler == Handler(f) {
			return true
		}
	}
	return false
}
