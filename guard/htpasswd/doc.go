// Package htpasswd reads, checks and writes password files of the kind that
// Apache's htpasswd made common: one "user:hash" per line.
//
//	entries, err := htpasswd.Read(file, "users.htpasswd")
//	…
//	ok := entries[0].Hash.Verify("correct horse")
//
// It writes bcrypt and argon2id, and reads also argon2i and, marked as weak,
// SHA-crypt ($5$, $6$), Apache's MD5 ($apr1$) and {SHA}. Plain text and DES
// crypt are refused. [Set] changes the line of one user in a file and leaves
// the others as they are.
package htpasswd
