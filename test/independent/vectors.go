// Makes test/independent/vectors.json: what golang.org/x/mod says of small logs, so that nobody's own code is its only judge.
//
//	go mod init vectors && go get golang.org/x/mod@v0.30.0 && go run vectors.go > vectors.json
package main

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"os"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const origin = "log.example/vectors"

type seeded struct{ *rand.Rand }

func (s seeded) Read(p []byte) (int, error) { return s.Rand.Read(p) }

type stored []tlog.Hash

func (s *stored) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		out[i] = (*s)[at]
	}
	return out, nil
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	skey, vkey, err := note.GenerateKey(seeded{rand.New(rand.NewSource(4))}, origin)
	if err != nil {
		panic(err)
	}
	signer := must(note.NewSigner(skey))
	const most = 1000
	var hashes stored
	for i := int64(0); i < most; i++ {
		hashes = append(hashes, must(tlog.StoredHashes(i, entry(i), &hashes))...)
	}
	sizes := []int64{1, 2, 3, 4, 5, 7, 8, 9, 31, 64, 100, 255, 256, 257, 511, 512, 513, 999, 1000}
	random := rand.New(rand.NewSource(9))
	var trees, inclusions, consistencies []any
	for _, size := range sizes {
		root := must(tlog.TreeHash(size, &hashes))
		text := fmt.Sprintf("%s\n%d\n%s\n", origin, size, root)
		signed := must(note.Sign(&note.Note{Text: text}, signer))
		trees = append(trees, map[string]any{"size": size, "root": root, "checkpoint": string(signed)})
		for _, index := range []int64{0, size / 2, random.Int63n(size), size - 1} {
			inclusions = append(inclusions, map[string]any{"size": size, "index": index, "path": must(tlog.ProveRecord(size, index, &hashes))})
		}
		for _, older := range sizes {
			if older < size && (older > 200 || size < 40 || older == 100) {
				consistencies = append(consistencies, map[string]any{"first": older, "second": size, "path": must(tlog.ProveTree(size, older, &hashes))})
			}
		}
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", " ")
	source := "golang.org/x/mod v0.30.0 (BSD-3-Clause), sumdb/note and sumdb/tlog; entry i is the text `entry <i>`"
	encoder.Encode(map[string]any{"source": source, "vkey": vkey, "trees": trees, "inclusions": inclusions, "consistencies": consistencies})
}

func entry(i int64) []byte { return []byte(fmt.Sprintf("entry %d", i)) }
