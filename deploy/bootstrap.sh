#!/bin/sh
# Makes a fresh clone ready for `npm test` and `npm run demo`, which call it first: host tools, node_modules, dist.
# `bootstrap.sh test` also installs what only tests use: a browser, kubectl, ulogd; `bootstrap.sh image` what builds an image.
# Asks nothing, says what it does, does nothing when there is nothing to do. Needs only sh, npm and a Node.js of any age:
# npm runs this with the system's Node while node_modules is missing, the project's own (24) comes with node_modules.
set -eu

cd "$(dirname "$0")/.."
# Debian gives ordinary users a PATH without the folders that hold nft and sysctl.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export PATH

purpose=${1:-demo}

main() {
  if ready; then exit 0; fi
  # `npm test` and `npm run demo` may start at once; the second waits, then finds everything done.
  if has flock && mkdir -p .cache 2>/dev/null && (: >>.cache/bootstrap.lock) 2>/dev/null; then
    exec 9>.cache/bootstrap.lock
    flock 9
  fi
  host_tools
  node_modules_stale && install_node_modules
  dist_stale && build
  return 0
}

say() { printf 'bootstrap: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }
ready() { [ -z "$(missing_tools)" ] && ! node_modules_stale && ! dist_stale && [ -z "$(untried_wishes)" ]; }

# What the lab and the tests run on the host.
needed='nft ip unshare nsenter setpriv sysctl'
missing_tools() {
  for tool in $needed; do has "$tool" || printf '%s ' "$tool"; done
}

host_tools() {
  missing=$(missing_tools)
  manager=$(package_manager)
  packages=$(for tool in $missing; do package_of "$manager" "$tool"; done | sort -u | tr '\n' ' ')
  if [ -n "$missing" ]; then
    if [ "$(id -u)" -ne 0 ]; then
      fail "missing: ${missing}- run this, then try again:  sudo $(install_command "$manager" "$packages")"
    fi
    [ "$manager" != none ] || fail "missing: ${missing}- no apt-get, dnf or apk here; install these tools by hand"
    say "installing $packages(missing: ${missing% })"
    install_packages "$manager" "$packages"
    still=$(missing_tools)
    [ -z "$still" ] || fail "still missing after installation: $still"
  fi
  for wish in $(untried_wishes); do
    say "installing $wish"
    (install_packages "$manager" "$wish") || say "no package $wish here; the tests that need it will say so"
    mkdir -p .cache && echo "$wish" >>.cache/wishes
  done
}

# Some tests use these; not every distribution has a package of them, so each is tried once.
untried_wishes() {
  if [ "$purpose" = demo ] || [ "$(id -u)" -ne 0 ] || [ "$(package_manager)" = none ]; then return 0; fi
  for wish in $(wishes "$(package_manager)"); do
    grep -qx "$wish" .cache/wishes 2>/dev/null || echo "$wish"
  done
}

wishes() {
  case $purpose in
    test)
      has kubectl || package_of "$1" kubectl
      has chromium || echo chromium
      # Reads what the kernel logs of denied packets.
      [ "$1" != apt-get ] || has ulogd || echo ulogd2-json
      ;;
    image)
      [ "$1" != apt-get ] || has buildah || echo buildah
      [ "$1" != apt-get ] || has mmdebstrap || echo mmdebstrap
      ;;
  esac
  # Relatives of Debian check Debian's packages with it.
  [ "$1" != apt-get ] || [ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || echo debian-archive-keyring
}

package_manager() {
  for manager in apt-get dnf apk; do
    if has "$manager"; then echo "$manager"; return; fi
  done
  echo none
}

package_of() {
  case $1:$2 in
    *:nft) echo nftables ;;
    dnf:ip) echo iproute ;;
    *:ip) echo iproute2 ;;
    dnf:sysctl) echo procps-ng ;;
    *:sysctl) echo procps ;;
    apk:kubectl) echo kubectl ;;
    *:kubectl) echo kubernetes-client ;;
    apk:setpriv) echo setpriv ;;
    apk:*) echo util-linux-misc ;;
    *) echo util-linux ;;
  esac
}

# The command for people; install_packages runs the same.
install_command() {
  case $1 in
    apt-get) echo "sh -c 'apt-get update && apt-get install -y --no-install-recommends ${2% }'" ;;
    dnf) echo "dnf install -y ${2% }" ;;
    apk) echo "apk add ${2% }" ;;
    none) echo "<your package manager> install ${2% }" ;;
  esac
}

install_packages() {
  # The list of packages is split into words on purpose. Output goes to stderr: stdout belongs to the npm script.
  # shellcheck disable=SC2086
  case $1 in
    apt-get)
      # One broken source must not stop the others, so only the installation decides.
      DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 update -q >&2 || say 'apt-get update had errors'
      DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -qy --no-install-recommends $2 >&2
      ;;
    dnf) dnf install -y $2 >&2 ;;
    apk) apk add --no-progress $2 >&2 ;;
  esac
}

# npm writes node_modules/.package-lock.json last, so an interrupted installation counts as none.
node_modules_stale() {
  [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ] ||
    [ ! -x node_modules/.bin/node ]
}

install_node_modules() {
  has npm || fail 'npm is missing: install Node.js 20 or newer with npm'
  say 'npm ci'
  # Warnings off: npm compares `engines` with the system's Node, which does not run the project.
  npm ci --no-audit --no-fund --loglevel=error >&2 9>&-
  # The package `node` fetches its binary in an install script; an npm that holds install scripts back leaves it out.
  if ! node_modules/.bin/node --version >/dev/null 2>&1; then
    say 'npm held back the install script of the package node; running it'
    (cd node_modules/node && node installArchSpecificPackage.js >&2 9>&-)
  fi
  node_modules/.bin/node --version >/dev/null || fail 'the Node.js of the package node does not run on this machine'
}

# A folder counts too: its time changes when a file goes away.
dist_stale() {
  [ ! -e dist/ringfence.js ] ||
    [ -n "$(find src rules deploy/build.ts package.json package-lock.json -newer dist/ringfence.js 2>/dev/null | head -n 1)" ]
}

build() {
  say 'npm run build'
  npm run --silent build >&2 9>&-
}

main
