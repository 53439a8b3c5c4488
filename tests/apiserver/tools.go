//go:build tools

// Package apiserver names the programs that the tests of `--server` run against: the real API server and its store.
// `cargo xtask apiserver` builds them.
package apiserver

import (
	_ "go.etcd.io/etcd/server/v3"
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
)
