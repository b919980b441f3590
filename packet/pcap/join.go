package pcap

// Joiner writes packets of one file after another into one file, with what those
// files say beside their packets: interfaces, which are numbered on, names,
// statistics, secrets. It is for one goroutine.
type Joiner struct {
	w      *Writer
	head   []Block // what comes before Create
	reader *Reader
	base   int // interfaces of the files before
}

// maxKept is how many blocks that are no interfaces a Joiner keeps before it has
// a file; of interfaces a Reader has a limit.
const maxKept = 64

// From makes packets those of r from now on. It must be called before the first
// packet of r is read. With other fields of r, it comes after them.
func (j *Joiner) From(r *Reader) {
	if j.reader != nil {
		j.base += len(j.reader.Interfaces())
	}
	j.reader = r
	carryOver(r, j.block)
}

// Create makes the file, as [Create] does, unless it is there.
func (j *Joiner) Create(path string, link LinkType, opts *WriterOptions) (err error) {
	if j.w != nil {
		return nil
	}
	if j.w, err = Create(path, link, opts); err != nil {
		return err
	}
	head := j.head
	j.head = nil
	for _, b := range head {
		if err := j.w.WriteBlock(b); err != nil {
			return err
		}
	}
	return nil
}

func (j *Joiner) block(b Block) error {
	if s, ok := b.(*Statistics); ok && j.base > 0 {
		moved := *s
		moved.Interface += j.base
		b = &moved
	}
	if j.w != nil {
		return j.w.WriteBlock(b)
	}
	if _, ok := b.(*Interface); ok || len(j.head) < maxKept {
		j.head = append(j.head, b)
	}
	return nil
}

// Write writes a packet of the latest file. There must be a file to write to.
func (j *Joiner) Write(p *Packet) error {
	p.Interface += j.base
	err := j.w.Write(p)
	p.Interface -= j.base
	return err
}

// Flush is [Writer.Flush] of the file, if there is one.
func (j *Joiner) Flush() error {
	if j.w == nil {
		return nil
	}
	return j.w.Flush()
}

// Close completes the file and closes it, if there is one.
func (j *Joiner) Close() error {
	if j.w == nil {
		return nil
	}
	return j.w.Close()
}
