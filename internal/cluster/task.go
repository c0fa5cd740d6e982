package cluster

import (
	"os"
	"strconv"

	"github.com/pkg/errors"
)

// indexVariables are where schedulers tell a task its index.
var indexVariables = []string{"SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX"}

// TaskIndex returns the index of this task of a job array of Slurm, or of an indexed job
// of Kubernetes.
func TaskIndex() (int, error) { return taskIndex(os.Getenv) }

func taskIndex(env func(string) string) (int, error) {
	for _, name := range indexVariables {
		if text := env(name); text != "" {
			i, err := strconv.Atoi(text)
			if err != nil || i < 0 {
				return 0, errors.Errorf("cluster: %s, got %q, want an index of at least 0", name, text)
			}
			return i, nil
		}
	}
	return 0, errors.Errorf("cluster: index of the task: neither %s nor %s is set; give the index instead of auto", indexVariables[0], indexVariables[1])
}
