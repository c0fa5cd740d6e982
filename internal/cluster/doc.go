// Package cluster hands tasks to what runs them on many machines: job arrays of Slurm and
// indexed jobs of Kubernetes. It writes scripts and manifests, submits the former, and
// keeps no state but what the scheduler returns. Every task is one command line, which
// finds its index in the environment, see [TaskIndex].
package cluster
