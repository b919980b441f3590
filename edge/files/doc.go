// Package files answers HTTP requests with the files of a folder.
//
// A [Handler] serves one folder. It knows nothing of connections: it gets the
// head of a request and answers by way of an [Answer], which the edge package
// makes of its exchange.
//
//	h, err := files.New(files.Config{Root: "public", Listing: true})
//	…
//	err = h.Serve(request, request.Path, answer)
//
// It does what RFC 9110 says of ranges (§14) and conditional requests (§13),
// chooses a compressed file that lies beside the plain one (page.html.br,
// page.html.zst, page.html.gz) by Accept-Encoding, finds index files and lists
// folders. Nothing outside the folder is reached, by path or by symlink
// ([os.Root]); what begins with a dot is not there.
//
// What it knows of a file holds for a second; then the file is looked at again.
// So a busy small file costs no system call at all, since its bytes are kept,
// and a large one a seek and sendfile(2).
package files
