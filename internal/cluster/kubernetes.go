package cluster

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pkg/errors"
)

// Kubernetes is what an indexed job asks of Kubernetes.
type Kubernetes struct {
	// Image has the program. Required.
	Image string
	// Volume is a persistent volume claim and where it is mounted: "results:/data". The
	// directory of the trials lies in it. Required.
	Volume string
	// Memory and CPUs are those of a task; empty and 0 leave them to the cluster.
	Memory string
	CPUs   int
	// Most is the number of tasks that run at a time. Zero means all.
	Most int
}

// Manifest returns the manifest of a job with one completion for each task, from 0.
func (k Kubernetes) Manifest(j Job) (string, error) {
	claim, mount, ok := strings.Cut(k.Volume, ":")
	switch {
	case k.Image == "":
		return "", errors.New("cluster: image, got none, want that with the program; name it with --image")
	case !ok || claim == "" || !strings.HasPrefix(mount, "/"):
		return "", errors.Errorf("cluster: volume, got %q, want a persistent volume claim and where it is mounted, such as --volume results:/data", k.Volume)
	case !strings.HasPrefix(j.Dir, mount):
		return "", errors.Errorf("cluster: directory, got %s, want one in the volume, below %s", j.Dir, mount)
	}
	most := k.Most
	if most == 0 {
		most = len(j.Tasks)
	}
	var b strings.Builder
	line := func(indent int, format string, a ...any) {
		b.WriteString(strings.Repeat("  ", indent) + fmt.Sprintf(format, a...) + "\n")
	}
	line(0, "apiVersion: batch/v1")
	line(0, "kind: Job")
	line(0, "metadata:")
	line(1, "name: %s", text(j.Name))
	line(0, "spec:")
	line(1, "completionMode: Indexed")
	line(1, "completions: %d", len(j.Tasks))
	line(1, "parallelism: %d", most)
	line(1, "backoffLimitPerIndex: 3")
	line(1, "template:")
	line(2, "spec:")
	line(3, "restartPolicy: Never")
	line(3, "containers:")
	line(4, "- name: prospect")
	line(5, "image: %s", text(k.Image))
	line(5, "command:")
	for _, a := range j.Command {
		line(6, "- %s", text(a))
	}
	if k.CPUs > 0 || k.Memory != "" {
		line(5, "resources:")
		line(6, "requests:")
		if k.CPUs > 0 {
			line(7, "cpu: %q", fmt.Sprint(k.CPUs))
		}
		if k.Memory != "" {
			line(7, "memory: %s", text(k.Memory))
		}
	}
	line(5, "volumeMounts:")
	line(6, "- name: results")
	line(7, "mountPath: %s", text(mount))
	line(3, "volumes:")
	line(4, "- name: results")
	line(5, "persistentVolumeClaim:")
	line(6, "claimName: %s", text(claim))
	return b.String(), nil
}

// text is a text in YAML, of which JSON's are some. Kubernetes would replace $(NAME).
func text(s string) string {
	out, _ := json.Marshal(strings.ReplaceAll(s, "$(", "$$(")) // never fails
	return string(out)
}
