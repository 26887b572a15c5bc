package kinds

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
)

// podDefaults are values that the API server fills in, by key (pkg/apis/core/v1/defaults.go): to write one out, or to leave it out again,
// changes nothing. The keys mean the same wherever they are in a pod.
var podDefaults = map[string]any{
	"terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File", // SetDefaults_Container
	"dnsPolicy": "ClusterFirst", "enableServiceLinks": true, "schedulerName": "default-scheduler", // SetDefaults_PodSpec
	"hostNetwork": false, "hostPID": false, "hostIPC": false, "readOnly": false, "stdin": false, "tty": false, "stdinOnce": false, // no pointers
	"protocol": "TCP", "scheme": "HTTP", // SetDefaults_Container, SetDefaults_HTTPGetAction
	"periodSeconds": int64(10), "timeoutSeconds": int64(1), "successThreshold": int64(1), "failureThreshold": int64(3), // SetDefaults_Probe
	"defaultMode": int64(420), "expirationSeconds": int64(3600), // SetDefaults_SecretVolumeSource and others
	"volumeMode": "Filesystem", // SetDefaults_PersistentVolumeClaimSpec
}

// freeMaps are mappings whose keys are the user's.
var freeMaps = []string{"annotations", "labels", "matchLabels", "nodeSelector", "volumeAttributes"}

// settled is a value of a pod template, or of a claim, without what makes no difference: defaults, nothing, and the way in which a quantity is
// written.
func settled(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return settledMap(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = settled(v[i])
		}
		return out
	}
	return v
}

func settledMap(in map[string]any) any {
	out := map[string]any{}
	for key, value := range in {
		switch list, isList := value.([]any); {
		case value == nil, isList && len(list) == 0, key == "value" && value == "", reflect.DeepEqual(podDefaults[key], value) && value != nil:
			continue
		case slices.Contains(freeMaps, key):
			if m, ok := value.(map[string]any); ok && len(m) == 0 {
				continue
			}
			out[key] = value
			continue
		case key == "limits" || key == "requests":
			value = quantities(value)
		case key == "sizeLimit":
			value = quantity(value)
		default:
			value = settled(value)
		}
		if m, ok := value.(map[string]any); ok && len(m) == 0 && (key == "resources" || key == "limits" || key == "requests" || key == "status") {
			continue
		}
		out[key] = value
	}
	settlePod(out)
	return out
}

// settlePod takes out what is a default in one place only.
func settlePod(out map[string]any) {
	if out["containers"] != nil {
		for key, value := range map[string]any{"restartPolicy": "Always", "terminationGracePeriodSeconds": int64(30)} {
			if out[key] == value {
				delete(out, key)
			}
		}
		if m, ok := out["securityContext"].(map[string]any); ok && len(m) == 0 {
			delete(out, "securityContext")
		}
	}
	if image, ok := out["image"].(string); ok && out["imagePullPolicy"] == pullPolicy(image) {
		delete(out, "imagePullPolicy")
	}
	if out["fieldPath"] != nil && out["apiVersion"] == "v1" {
		delete(out, "apiVersion")
	}
}

// pullPolicy is the default of an image.
func pullPolicy(image string) any {
	name := image[strings.LastIndexByte(image, '/')+1:]
	if _, tag, tagged := strings.Cut(name, ":"); !strings.Contains(name, "@") && (!tagged || tag == "latest") {
		return "Always"
	}
	return "IfNotPresent"
}

func quantities(v any) any {
	in, ok := v.(map[string]any)
	if !ok {
		return v
	}
	out := maps.Clone(in)
	for key, value := range out {
		out[key] = quantity(value)
	}
	return out
}

// quantity is a quantity as the API server writes it; what is none stays what it is.
func quantity(v any) any {
	if q, ok := parseQuantity(v); ok {
		return q.String()
	}
	return v
}

func parseQuantity(v any) (resource.Quantity, bool) {
	text := ""
	switch v := v.(type) {
	case string:
		text = v
	case int64, float64:
		text = fmt.Sprint(v)
	default:
		return resource.Quantity{}, false
	}
	q, err := resource.ParseQuantity(text)
	if err != nil {
		return resource.Quantity{}, false
	}
	q, err = resource.ParseQuantity(q.String()) // 1000m as 1
	return q, err == nil
}

// equal reports whether two values are the same to the API server.
func equal(a, b any) bool { return reflect.DeepEqual(settled(a), settled(b)) }

// sameText reports whether two values are the same text as JSON.
func sameText(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}
