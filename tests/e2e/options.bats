#!/usr/bin/env bats
# Options of build: what their values mean.
load helpers

@test "fields of --secret and --output may be quoted" {
    busybox_image
    printf 'FROM busybox:1\nRUN --mount=type=secret,id=x,required=true cp /run/secrets/x /seen\n' >Dockerfile
    printf value >'a,b'
    build --secret 'id=x,"src=a,b"' -o "\"type=tar\",\"dest=$T/o,ut.tar\"" .
    [ "$status" -eq 0 ]
    [ "$(tar -xOf "$T/o,ut.tar" seen)" = value ]
    build --secret 'id=x,"src=a,b' .
    [ "$status" -eq 2 ]
    [[ "$output" == *"--secret"*"a double quote has no end"* ]]
}

@test "warnings before a mistake are told with it" {
    printf 'FROM scratch AS x\nMAINTAINER me\nCOPYY a b\n' >Dockerfile
    build .
    [ "$status" -eq 3 ]
    [[ "$output" == *"1 warning found"*"MaintainerDeprecated"*"unknown instruction: COPYY"* ]]
    printf 'FROM scratch AS x\nMAINTAINER me\nCOPY --from=y a b\n' >Dockerfile
    build --offline .
    [ "$status" -ne 0 ]
    [[ "$output" == *"1 warning found"*"MaintainerDeprecated"* ]]
    [ "$(grep -c MaintainerDeprecated <<<"$output")" -eq 1 ]
}
