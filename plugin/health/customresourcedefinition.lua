-- A CustomResourceDefinition that is not established yet is being installed. Argo CD 3.2 calls it degraded, 3.5 does not, and a sync
-- that waits for it fails: Argo CD sees CRDs late when many come at once, and looks at them again only after minutes.
hs = {status = "Progressing", message = "not established yet"}
if obj.metadata.deletionTimestamp ~= nil then
  hs.message = "is being deleted"
  return hs
end
for _, c in ipairs(obj.status ~= nil and obj.status.conditions or {}) do
  if c.type == "Terminating" and c.status == "True" then
    return {status = "Progressing", message = c.message}
  elseif c.type == "NamesAccepted" and c.status == "False" or c.type == "NonStructuralSchema" and c.status == "True"
      or c.type == "Established" and c.reason == "InvalidCABundle" then
    return {status = "Degraded", message = c.message}
  elseif c.type == "Established" and c.status == "True" then
    hs = {status = "Healthy", message = c.message}
  end
end
return hs
