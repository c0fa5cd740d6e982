package sweep_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/sweep"
)

func squares(t *testing.T, dir string, settings sweep.StoreSettings[int, int], params []int) ([]sweep.Record[int, int], error) {
	t.Helper()
	settings.Header, settings.Shards = sweep.Header{Schema: 1, Name: "squares"}, filepath.Join(dir, "shards")
	store, err := sweep.Open(filepath.Join(dir, "trials.jsonl"), settings)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	return sweep.Runner[int, int]{Store: store}.Run(context.Background(), params, func(_ context.Context, p int) (int, error) {
		if p < 0 {
			return 0, errors.New("negative")
		}
		return p * p, nil
	})
}

// values are the results of records.
func values(records []sweep.Record[int, int]) []int {
	var out []int
	for _, r := range records {
		out = append(out, r.Result)
	}
	return out
}

// Shards run by tasks with a file each, twice or torn, make the records that one process
// makes; what nobody has run, the reader does.
func TestShards(t *testing.T) {
	dir, params := t.TempDir(), []int{3, 1, 4, 2, 5, 9, 6}
	for _, text := range []string{"0/3", "2/3", "2/3"} {
		shard, err := sweep.ParseShard(text)
		if err != nil {
			t.Fatal(err)
		}
		own := sweep.Take(shard, params)
		if text == "2/3" {
			own = append(own, params[0]) // another task has it already
		}
		if _, err := squares(t, dir, sweep.StoreSettings[int, int]{Task: "task-" + shard.String()[:1]}, own); err != nil {
			t.Fatal(err)
		}
	}
	files, err := sweep.ShardFiles(filepath.Join(dir, "shards"))
	if err != nil || len(files) != 2 {
		t.Fatalf("got files %q, %v, want one of each task that had something to do", files, err)
	}
	text, err := os.ReadFile(files[1])
	if err != nil {
		t.Fatal(err)
	}
	torn := strings.TrimSuffix(files[1], ".jsonl") + "-torn.jsonl" // of a task that was killed
	if err := os.WriteFile(torn, text[:len(text)-5], 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := squares(t, dir, sweep.StoreSettings[int, int]{}, params); !errors.Is(err, sweep.ErrStored) {
		t.Errorf("without Resume: got %v, want ErrStored", err)
	}
	records, err := squares(t, dir, sweep.StoreSettings[int, int]{Resume: true}, params)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := values(records), []int{9, 1, 16, 4, 25, 81, 36}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	main, err := os.ReadFile(filepath.Join(dir, "trials.jsonl"))
	if err != nil || strings.Count(string(main), "\n") != 1+2 {
		t.Errorf("the reader's own file: got %q, %v, want the header and the 2 trials of shard 1/3", main, err)
	}
	again, err := squares(t, dir, sweep.StoreSettings[int, int]{Resume: true}, params)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(records, again); d != "" {
		t.Errorf("read again (-before +after):\n%s", d)
	}
}

// The trials of something else, beside those of the store, are refused.
func TestShardsOfAnother(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "shards"), 0o777); err != nil {
		t.Fatal(err)
	}
	line := `{"schema":2,"name":"cubes"}` + "\n" + `{"params":2,"result":8,"seconds":0}` + "\n"
	if err := os.WriteFile(filepath.Join(dir, "shards", "0.jsonl"), []byte(line), 0o666); err != nil {
		t.Fatal(err)
	}
	var other *sweep.HeaderError
	for _, settings := range []sweep.StoreSettings[int, int]{{Resume: true}, {Task: "1"}} {
		if _, err := squares(t, dir, settings, []int{2}); !errors.As(err, &other) {
			t.Errorf("%+v: got %v, want a HeaderError", settings, err)
		}
	}
}

func TestParseShard(t *testing.T) {
	for _, text := range []string{"", "1", "3/3", "-1/3", "0/0", "1/3/4", "a/b"} {
		if s, err := sweep.ParseShard(text); err == nil {
			t.Errorf("%q: got %v, want an error", text, s)
		}
	}
	if s, err := sweep.ParseShard("2/3"); err != nil || s != (sweep.Shard{Index: 2, Of: 3}) {
		t.Errorf("got %v, %v", s, err)
	}
	if got := sweep.Take(sweep.Shard{}, []int{1, 2}); len(got) != 2 {
		t.Errorf("the zero value takes %v, want all", got)
	}
}
