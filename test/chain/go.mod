// The alarm's whole way, from a login to a message, with the real programs. A module of its own: only its tests need them.
module github.com/hippotion/roster/test/chain

go 1.26.0

require sigs.k8s.io/yaml v1.6.0

require go.yaml.in/yaml/v2 v2.4.2 // indirect
