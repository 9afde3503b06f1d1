//go:build !linux

package app_test

// watchedFromHere does nothing: processes are watched on Linux alone.
func watchedFromHere() {}
