# The whole story: a session, the actor's check, the exchange, a picture, its status.
api() { curl -sS "$GATEWAY$1" -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" "${@:2}"; }
field() { python3 -c "import json, sys; answer = json.load(sys.stdin); print(answer.get('Result', answer)['$1'])"; }

TOKEN=$(api /v1/real-avatar/auth/session -d "{\"model\":\"$MODEL\",\"CallbackURL\":\"$GATEWAY/docs\"}" | field BytedToken)  # ⑪
BACK=$(curl -sS "$EMULATOR/_emulator/sessions/$TOKEN" -H "Content-Type: application/json" -d '{"outcome":"pass"}' | field redirect)  # the actor
curl -sSL -o /dev/null "$BACK"  # the actor's browser comes back
GROUP=$(api /v1/real-avatar/groups/from-token -d "{\"model\":\"$MODEL\",\"BytedToken\":\"$TOKEN\"}" | field GroupId)  # ⑫
ASSET=$(api /v1/private-avatar/assets -d "{\"model\":\"$MODEL\",\"GroupId\":\"$GROUP\",\"AssetType\":\"Image\",\"URL\":\"$EMULATOR/_emulator/samples/portrait.jpg\"}" | field Id)  # ⑥
sleep 2
api "/v1/private-avatar/assets/$ASSET?model=$MODEL"  # ⑧ Active
