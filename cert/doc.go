// Package cert keeps the certificates a server shows: read from files that are
// watched, or issued by an authority of our own, chosen by the name the client
// asked for.
//
// A [Source] is one entry under certs: in the config. It holds its certificate
// ready to use, so that a handshake costs an atomic load and a map look-up, and
// its Serve method keeps it fresh. [Choose] makes one chooser of many sources,
// and [ServerConfig] the tls.Config a listener uses:
//
//	site, err := cert.New("site", cert.Config{Cert: "site.pem", Key: "site.key"}, dataDir, log)
//	if err != nil {
//		return err
//	}
//	go site.Serve(ctx) // reloads the files when they change
//	ln = tls.NewListener(ln, cert.ServerConfig(cert.Choose(site)))
//
// An [Authority] is a small CA in the data folder, made on first use and limited
// to the names it is asked to sign. [InspectFile] and [InspectServer] say in plain words
// what a certificate is and what is wrong with it; [TrustStore] puts an
// authority among those the system believes.
//
// The package asks no CA on the network for certificates and checks no revocation.
package cert
