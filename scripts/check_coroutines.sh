#!/usr/bin/env bash
# Finds the coroutine forms that g++ 12 compiles wrongly (each a double free), and unwatched coroutines.
#
#   scripts/check_coroutines.sh [FILE|FOLDER...]     default: src sample-app tests bench
#
# In one statement with co_await: no lambda that captures, no ?:, no braced temporary after the co_await.
# Anywhere: no lambda that captures and is itself a coroutine, no `detached`. Name the variable, await
# into a variable, and start a coroutine with the one spawn helper. Exit code 1 and one line per fault.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
if [ $# = 0 ]; then
    for folder in src sample-app tests bench; do
        if [ -d "$folder" ]; then set -- "$@" "$folder"; fi
    done
fi
mapfile -d '' files < <(find "$@" -type f \( -name '*.cpp' -o -name '*.hpp' \) -print0 | sort -z)
# shellcheck disable=SC2016  # the quoted text is Perl's
exec perl -e '
use strict;
use warnings;

my $faults = 0;

# What stands before the [ of a lambda, and not before that of a subscript.
my $opens = qr/(?:^|[^\w\s\)\]]|\b(?:return|co_await|co_return|co_yield))\s*/;

# Comments, strings and characters become spaces of the same length, so that positions stay true.
sub blank {
    my ($text) = @_;
    my $keep = sub { my ($piece) = @_; $piece =~ s/[^\n]/ /g; return $piece };
    $text =~ s{
        ( //[^\n]* | /\*.*?\*/ | R"([^()\s\\]{0,16})\(.*?\)\2" | "(?:[^"\\\n]|\\.)*" | (?<![0-9A-Fa-f])\x27(?:[^\x27\\\n]|\\.)+\x27 )
    }{$keep->($1)}gsex;
    $text =~ s{^([ \t]*\#(?:[^\n]*\\\n)*[^\n]*)}{$keep->($1)}gme;
    return $text;
}

sub check {
    my ($file) = @_;
    open(my $in, "<", $file) or die "$file: $!\n";
    my $code = do { local $/; <$in> } // "";
    close $in;
    return unless $code =~ /co_await|co_return|co_yield|detached/;
    $code = blank($code);

    my %said;
    my $fault = sub {
        my ($at, $what) = @_;
        my $line = 1 + (substr($code, 0, $at) =~ tr/\n//);
        return if $said{"$line $what"}++;
        print "$file:$line: $what\n";
        $faults++;
    };

    while ($code =~ /\bdetached\b/g) {
        $fault->($-[0], "a coroutine started detached: nobody hears how it ends");
    }

    # One pass with a stack of open brackets. A frame of kind "block" or "lambda" holds statements; what a
    # lambda body holds belongs to its own statements, not to the one around it.
    my @stack = ({ kind => "block", text => "", at => undef });
    my $frame = sub { for my $f (reverse @stack) { return $f if $f->{kind} ne "group" } };
    my $add = sub { my ($c) = @_; $frame->()->{text} .= $c };
    my $end = sub {
        my $f = $frame->();
        my $text = $f->{text};
        if (defined $f->{at}) {
            my $at = $f->{at};
            $text =~ /\bco_await\b/g;
            my $after = substr($text, pos $text);
            $fault->($at, "?: in a statement with co_await") if $text =~ /\?/;
            $fault->($at, "a lambda that captures in a statement with co_await")
                if $f->{captured};
            $fault->($at, "a braced temporary in a statement with co_await") if $after =~ /\{/;
        }
        $f->{text} = "";
        $f->{at} = undef;
        $f->{captured} = 0;
    };

    while ($code =~ /\G(\bco_(?:await|return|yield)\b|\w+|.)/gs) {
        my ($token, $at) = ($1, $-[1]);
        if ($token =~ /^co_(await|return|yield)$/) {
            my $f = $frame->();
            $f->{at} //= $at if $1 eq "await";
            $fault->($f->{opened}, "a lambda that captures is a coroutine")
                if $f->{kind} eq "lambda" && $f->{captures};
            # A plain block inside a lambda is that lambda too.
            if ($f->{kind} eq "block") {
                for my $outer (reverse @stack) {
                    next unless $outer->{kind} eq "lambda";
                    $fault->($outer->{opened}, "a lambda that captures is a coroutine") if $outer->{captures};
                    last;
                }
            }
            $add->($token);
        } elsif ($token eq "(" || $token eq "[") {
            $add->($token);
            push @stack, { kind => "group" };
        } elsif ($token eq ")" || $token eq "]") {
            pop @stack if $stack[-1]{kind} eq "group";
            $add->($token);
        } elsif ($token eq "{") {
            my $before = $frame->()->{text};
            $before =~ s/\s+$//;
            my $tail = qr/(?:\s*(?:mutable|noexcept|const|constexpr|override|final))*(?:\s*->\s*[\w:<>,\s&*]+)?$/;
            if ($before =~ /$opens\[([^\[\]]*)\]\s*(?:<[^{}]*>)?\s*(\((?:[^()]|(?2))*\))?$tail/) {
                my $captures = $1 =~ /\S/ ? 1 : 0;
                $frame->()->{captured} ||= $captures;
                push @stack, { kind => "lambda", captures => $captures, opened => $at, text => "", at => undef };
            } elsif ($before eq "" || $before =~ /\)$tail/ || $before =~ /(?:^|[^:]):$|\b(?:else|do|try)$/) {
                # A class or namespace brace looks like an initialiser until the first body or semicolon in it.
                $stack[-1] = { kind => "block", text => "", at => undef } if $stack[-1]{init};
                if ($stack[-1]{kind} eq "group") {
                    # A brace inside ( ) begins no block.
                    $add->("{");
                    push @stack, { kind => "group" };
                } else {
                    $end->();
                    push @stack, { kind => "block", text => "", at => undef };
                }
            } else {
                $add->("{");
                push @stack, { kind => "group", init => 1 };
            }
        } elsif ($token eq "}") {
            if ($stack[-1]{kind} eq "group") {
                pop @stack;
                $add->("}");
            } else {
                my $kind = $stack[-1]{kind};
                $end->();
                pop @stack if @stack > 1;
                # A lambda goes on with the statement it stands in; a block ended one.
                $kind eq "lambda" ? $add->(" ") : $end->();
            }
        } elsif ($token eq ";") {
            if ($stack[-1]{kind} eq "group" && !$stack[-1]{init}) {
                $add->(";");
            } else {
                $stack[-1] = { kind => "block", text => "", at => undef } if $stack[-1]{kind} eq "group";
                $end->();
            }
        } else {
            $add->($token);
        }
    }
}

check($_) for @ARGV;
exit($faults ? 1 : 0);
' -- "${files[@]}"
