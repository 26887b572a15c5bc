package importing

// argoproj is the group of Argo CD.
const argoproj = "argoproj.io"
