package intents

import (
	"fmt"
	"strings"
)

// servers are the URLs that External Secrets calls for the block of a provider. What is only in a credential is not known: the account of
// 1Password's SDK is one.
func servers(provider string, block map[string]any) []string {
	said := func(path ...string) string {
		var v any = block
		for _, key := range path {
			m, _ := v.(map[string]any)
			v = m[key]
		}
		text, _ := v.(string)
		return text
	}
	switch provider {
	case "vault", "openBao":
		return known(said("server"))
	case "onepassword":
		return known(said("connectHost"))
	case "bitwardensecretsmanager":
		return known(said("bitwardenServerSDKURL"))
	case "infisical":
		return known(said("hostAPI"))
	case "akeyless":
		return known(said("akeylessGWApiURL"))
	case "gitlab":
		return known(said("url"))
	case "doppler":
		return []string{"https://api.doppler.com"}
	case "webhook":
		return known(said("url"))
	case "aws":
		return amazon(said("service"), said("region"), said("role") != "" || block["auth"] != nil && said("auth", "jwt", "serviceAccountRef", "name") != "")
	case "gcpsm":
		return google(said("location"), block["auth"] != nil)
	case "azurekv":
		out := known(said("vaultUrl"))
		if cloud := said("environmentType"); (cloud == "" || cloud == "PublicCloud") && said("authType") != "ManagedIdentity" {
			out = append(out, "https://login.microsoftonline.com")
		}
		return out
	case "kubernetes":
		if url := said("server", "url"); strings.Contains(url, "://") { // otherwise it is the API server of this cluster
			return known(url)
		}
	}
	return nil
}

// known is a URL, unless it is to be made of a template.
func known(url string) []string {
	if host, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(url, "https://"), "http://"), "/"); url == "" || strings.Contains(host, "{{") {
		return nil
	}
	before, _, _ := strings.Cut(url, "{{")
	return []string{before}
}

// amazon are the endpoints of AWS, as its SDK makes them of a region.
func amazon(service, region string, assumes bool) []string {
	domain := "amazonaws.com"
	if strings.HasPrefix(region, "cn-") {
		domain += ".cn"
	}
	if region == "" {
		return nil
	}
	name := map[string]string{"ParameterStore": "ssm", "SecretsManager": "secretsmanager"}[service]
	if name == "" {
		return nil
	}
	out := []string{fmt.Sprintf("https://%s.%s.%s", name, region, domain)}
	if assumes {
		out = append(out, fmt.Sprintf("https://sts.%s.%s", region, domain))
	}
	return out
}

// google are the endpoints of Secret Manager, and of Google's login.
func google(location string, logsIn bool) []string {
	out := []string{"https://secretmanager.googleapis.com"}
	if location != "" {
		out[0] = fmt.Sprintf("https://secretmanager.%s.rep.googleapis.com", location)
	}
	if logsIn {
		out = append(out, "https://oauth2.googleapis.com")
	}
	return out
}
