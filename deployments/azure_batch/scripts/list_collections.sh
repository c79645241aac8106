# Print the Collections of a GeoCatalog as JSON, signed in as the node's managed identity. Needs curl and sed only.
resource=https://geocatalog.spatio.azure.com
identity=${AZURE_POD_IDENTITY_AUTHORITY_HOST:-http://169.254.169.254}/metadata/identity/oauth2/token
token=$(curl --silent --show-error --fail --noproxy '*' --header Metadata:true \
  "$identity?api-version=2018-02-01&resource=$resource&client_id=${AZURE_CLIENT_ID:-}" |
  sed -E 's/.*"access_token" *: *"([^"]+)".*/\1/')
# the token goes through standard input: arguments can be read in the list of processes
curl --silent --show-error --fail --header @- \
  "$GEOCATALOG_URL/stac/collections?api-version=${GEOCATALOG_API_VERSION:-2026-04-15}" <<< "Authorization: Bearer $token"
