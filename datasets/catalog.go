package datasets

import (
	"slices"
	"strings"

	"github.com/pkg/errors"
)

const (
	nameMNIST        = "mnist"
	nameFashionMNIST = "fashion-mnist"
	nameCIFAR10      = "cifar-10"
	nameOptdigits    = "optdigits"
	nameKMNIST       = "kmnist"
	nameCIFAR100     = "cifar-100"
	nameCIFAR20      = "cifar-100-coarse"
	namesEMNIST      = "emnist-" // and the name of a split
	nameGlyphs       = "glyphs"
)

// Info describes a dataset that [Load] knows.
type Info struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	// Shape is the shape of one sample.
	Shape   []int `json:"shape"`
	Classes int   `json:"classes"`
	// Train and Test are the numbers of samples, for glyphs by default.
	Train int `json:"train"`
	Test  int `json:"test"`
	// Bytes is what [Fetch] downloads; 0 means that the dataset needs no file.
	Bytes   int64  `json:"bytes"`
	Licence string `json:"licence"`
	Source  string `json:"source"`
}

// remoteFile is one official file: what it must be and where it may be had.
type remoteFile struct {
	name string
	size int64
	md5  string
}

// source is a dataset with its official files.
type source struct {
	info    Info
	files   []remoteFile
	mirrors []string // base addresses, ending in a slash; the best first
	folder  string   // of the files in the data directory; empty: the name
	// measured: the normalisation is measured on the training part, because none is
	// published that could be checked against the data here.
	measured bool
}

// place is the folder of the files in the data directory.
func (s source) place() string {
	if s.folder != "" {
		return s.folder
	}
	return s.info.Name
}

// catalog lists the datasets, the embedded one first. It is a function because the
// package keeps no mutable state.
func catalog() []source {
	sources := []source{
		glyphsSource(), mnistSource(), fashionSource(), cifarSource(), optdigitsSource(), kmnistSource(),
		cifar100Source(nameCIFAR100, 100), cifar100Source(nameCIFAR20, 20),
	}
	sources = append(sources, emnistSources()...)
	for i := range sources {
		for _, f := range sources[i].files {
			sources[i].info.Bytes += f.size
		}
	}
	return sources
}

func glyphsSource() source {
	return source{info: Info{
		Name:        nameGlyphs,
		Description: "digits drawn from the Go fonts with random rotation, shear, scale, shift, thickness and noise, made in memory",
		Shape:       []int{28, 28}, Classes: 10, Train: glyphTrain, Test: glyphTest,
		Licence: "BSD-3-Clause (the Go fonts, Bigelow & Holmes)",
		Source:  "https://pkg.go.dev/golang.org/x/image/font/gofont",
	}}
}

func mnistSource() source {
	return source{
		info: Info{
			Name: nameMNIST, Description: "handwritten digits, grey", Shape: []int{28, 28}, Classes: 10, Train: 60000, Test: 10000,
			Licence: "CC BY-SA 3.0 (Y. LeCun, C. Cortes)", Source: "http://yann.lecun.com/exdb/mnist/",
		},
		files: []remoteFile{
			{"train-images-idx3-ubyte.gz", 9912422, "f68b3c2dcbeaaa9fbdd348bbdeb94873"},
			{"train-labels-idx1-ubyte.gz", 28881, "d53e105ee54ea40749a09fcbcd1e9432"},
			{"t10k-images-idx3-ubyte.gz", 1648877, "9fb629c4189551a2d022fa330f9573f3"},
			{"t10k-labels-idx1-ubyte.gz", 4542, "ec29112dd5afa0611ce80d1b7f02629c"},
		},
		mirrors: []string{
			"https://ossci-datasets.s3.amazonaws.com/mnist/",
			"https://storage.googleapis.com/cvdf-datasets/mnist/",
			"http://yann.lecun.com/exdb/mnist/",
		},
	}
}

func fashionSource() source {
	return source{
		info: Info{
			Name: nameFashionMNIST, Description: "articles of clothing, grey", Shape: []int{28, 28}, Classes: 10, Train: 60000, Test: 10000,
			Licence: "MIT (Zalando SE)", Source: "https://github.com/zalandoresearch/fashion-mnist",
		},
		files: []remoteFile{
			{"train-images-idx3-ubyte.gz", 26421880, "8d4fb7e6c68d591d4c3dfef9ec88bf0d"},
			{"train-labels-idx1-ubyte.gz", 29515, "25c81989df183df01b3e8a0aad5dffbe"},
			{"t10k-images-idx3-ubyte.gz", 4422102, "bef4ecab320f06d8554ea6380940ec79"},
			{"t10k-labels-idx1-ubyte.gz", 5148, "bb300cfdad3c16e7a12a480ee83cd310"},
		},
		mirrors: []string{
			"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
			"https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
			"https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
		},
	}
}

func cifarSource() source {
	return source{
		info: Info{
			Name: nameCIFAR10, Description: "photographs of animals and vehicles, red green blue", Shape: []int{3, 32, 32}, Classes: 10,
			Train: 50000, Test: 10000, Licence: "none stated (A. Krizhevsky, V. Nair, G. Hinton)",
			Source: "https://www.cs.toronto.edu/~kriz/cifar.html",
		},
		files: []remoteFile{{cifarArchive, 170052171, "c32a1d4ab5d03f1284b67883e8d87530"}},
		mirrors: []string{
			"https://www.cs.toronto.edu/~kriz/",
			"https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/",
			"https://mindspore-website.obs.cn-north-4.myhuaweicloud.com/notebook/datasets/",
		},
	}
}

func optdigitsSource() source {
	return source{
		info: Info{
			Name: nameOptdigits, Description: "handwritten digits, 8 × 8 counts from 0 to 16", Shape: []int{8, 8}, Classes: 10,
			Train: 3823, Test: 1797, Licence: "CC BY 4.0 (E. Alpaydin, C. Kaynak)",
			Source: "https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits",
		},
		files: []remoteFile{
			{"optdigits.tra", 563639, "268ce7771f3f15afbc54402478b1d454"},
			{"optdigits.tes", 264712, "a0339c30a8a5312a1b6f9e5c719dcce5"},
		},
		mirrors: []string{
			"https://archive.ics.uci.edu/ml/machine-learning-databases/optdigits/",
			"http://archive.ics.uci.edu/ml/machine-learning-databases/optdigits/",
			"https://web.archive.org/web/2020id_/https://archive.ics.uci.edu/ml/machine-learning-databases/optdigits/",
		},
	}
}

// Names describes the datasets that [Load] and [Fetch] know, the embedded default first.
func Names() []Info {
	var infos []Info
	for _, s := range catalog() {
		infos = append(infos, s.info)
	}
	return infos
}

// find returns the source of that name, or an error that lists the names there are.
func find(name string) (source, error) {
	sources := catalog()
	if i := slices.IndexFunc(sources, func(s source) bool { return s.info.Name == name }); i >= 0 {
		return sources[i], nil
	}
	var names []string
	for _, s := range sources {
		names = append(names, s.info.Name)
	}
	return source{}, errors.Errorf("datasets: name, got %q, want one of %s", name, strings.Join(names, ", "))
}
