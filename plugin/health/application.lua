-- An Application is as healthy as what it deploys: what Argo CD itself said up to version 1.8. But what has no health of its
-- own counts as healthy before it is there. So what syncs by itself must also have been synced.
hs = {status = "Progressing", message = ""}
if obj.status ~= nil and obj.status.health ~= nil then
  hs.status = obj.status.health.status
  if obj.status.health.message ~= nil then hs.message = obj.status.health.message end
end
if hs.status == "Healthy" and obj.spec.syncPolicy ~= nil and obj.spec.syncPolicy.automated ~= nil
    and (obj.status.sync == nil or obj.status.sync.status ~= "Synced") then
  local sync = obj.status.operationState
  if sync == nil or sync.phase == "Running" or sync.phase == "Terminating" then
    hs = {status = "Progressing", message = "not synced yet"}
  elseif sync.phase ~= "Succeeded" then
    hs = {status = "Degraded", message = sync.message or "the last sync failed"}
  end
end
return hs
