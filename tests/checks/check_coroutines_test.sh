#!/usr/bin/env bash
# Proves that scripts/check_coroutines.sh finds each forbidden form, at its line, and nothing in good code.
# usage: check_coroutines_test.sh PATH/TO/check_coroutines.sh
set -euo pipefail

check=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# wants TEXT|none <<< CODE: what the check must say of line 6 of the file, where the code goes.
wants() {
    local wanted=$1 said code=0
    {
        printf '#include "net/spawn.hpp"\nnamespace healer {\nclass Prober : public Base {\n public:\n'
        printf '  Task<void> run(int n) {\n'
        cat
        printf '  }\n  int n_ = 0;\n};\nint other() { return n ? 1 : 2; }\n}  // namespace healer\n'
    } >"$work/case.cpp"
    said=$("$check" "$work/case.cpp") || code=$?
    if [ "$wanted" = none ]; then
        [ "$code" = 0 ] && [ -z "$said" ] && return
    else
        [ "$code" = 1 ] && [ "$(wc -l <<<"$said")" = 1 ] && [[ $said == *"/case.cpp:6: "*"$wanted"* ]] && return
    fi
    echo "FAILED: wanted '$wanted', exit code $code, said: ${said:-nothing}" >&2
    sed -n '6,$p' "$work/case.cpp" | head -n -6 | sed 's/^/  /' >&2
    failed=1
}

# planted faults
wants 'a lambda that captures in' <<<'    co_await call([n] { return n; });'
wants 'a lambda that captures in' <<<'    auto x = co_await call(first, [this, n](int i) mutable { return i + n; });'
wants 'a lambda that captures in' <<<'    co_await [&]() { return later(); }();'
wants 'a lambda that captures in' <<<'    if (co_await call([=] { return n; })) { return; }'
wants '?: in' <<<'    auto x = n > 0 ? co_await read(n) : 0;'
wants '?: in' <<<'    co_await wait(n > 0 ? n : 1);'
wants 'a braced temporary' <<<'    co_await send(Request{n, "x"});'
wants 'a braced temporary' <<<'    co_await send({n, 1});'
wants 'a braced temporary' <<<'    while (co_await send(Request{})) { ++n; }'
wants 'a braced temporary' <<'CODE'
    auto x = co_await
        send(first,
             Request{n});
CODE
wants 'is a coroutine' <<<'    spawn([n]() -> Task<void> { auto x = co_await read(n); use(x); });'
wants 'is a coroutine' <<<'    auto f = [this] { for (;;) { co_await read(n_); } };'
wants 'is a coroutine' <<<'    return [&](int a, std::pair<int, int> b) -> boost::asio::awaitable<int> { co_return a; };'
wants 'started detached' <<<'    boost::asio::co_spawn(io, run(1), boost::asio::detached);'
wants 'started detached' <<<'    async_read(socket, buffer, detached);'

# good code
wants none <<<'    const Request request{n, "x"}; auto answer = co_await send(request); use(answer);'
wants none <<<'    co_await send(std::move(request));'
wants none <<<'    int m = n ? 1 : 2; co_await wait(m);'
wants none <<<'    post([this, n] { use(n); }); co_await wait(n);'
wants none <<<'    // co_await send(Request{n}), detached'
wants none <<<'    log("co_await send(Request{n}) ? detached : 1"); co_await wait(values[n](1));'
wants none <<<'    spawn([](int m) -> Task<void> { co_await wait(m); }, n);'
wants none <<'CODE'
    for (int i = 0; i < n; ++i) {
      Request request{i};
      switch (i) {
        case 1: {
          auto answer = co_await send(request);
          keep(Answer{answer});
          break;
        }
        default: co_return;
      }
      Answer other{1}; auto third = [n] { return n; };
    }
CODE

[ "$failed" = 0 ] || exit 1
echo "check_coroutines finds what is planted, and nothing else"
