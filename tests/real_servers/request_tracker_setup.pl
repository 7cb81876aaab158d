# What the guide asks an administrator to set up, done by a program.
use strict; use warnings; use lib '/usr/share/request-tracker5/lib'; use RT -init;
my $su = RT->SystemUser;
sub sure { my ($ok, $message) = @_; die "$message\n" unless $ok }

# The field that keeps the draft key of a comment or a reply.
my $cf = RT::CustomField->new($su);
sure($cf->Create(Name => 'DraftKey', Type => 'FreeformSingle', MaxValues => 1,
                 LookupType => 'RT::Queue-RT::Ticket-RT::Transaction'));
sure($cf->AddToObject(RT::Queue->new($su)));

# Who may do what: draftbot cannot reply.
my $queue = RT::Queue->new($su); $queue->Load('General');
my @reads = qw(SeeQueue ShowTicket ShowTicketComments);
my %rights = (
    draftbot => [@reads, 'CommentOnTicket'],
    sender   => [@reads, 'ReplyToTicket'],
    eva      => [@reads, qw(CommentOnTicket ReplyToTicket ModifyTicket OwnTicket CreateTicket)],
    ana      => [],
);
for my $name (sort keys %rights) {
    my $user = RT::User->new($su);
    my $address = $name eq 'ana' ? 'ana@example.org' : "$name\@example.com";
    sure($user->Create(Name => $name, Password => "$name-of-a-test", EmailAddress => $address,
                       RealName => ucfirst $name, Privileged => $name eq 'ana' ? 0 : 1));
    for my $right (@{ $rights{$name} }) {
        sure($user->PrincipalObj->GrantRight(Right => $right, Object => $queue));
    }
    next unless $name eq 'draftbot' || $name eq 'sender';
    for my $right (qw(SeeCustomField SetInitialCustomField ModifyCustomField)) {
        sure($user->PrincipalObj->GrantRight(Right => $right, Object => $RT::System));
    }
}
# Customers write by mail. The right to reply goes to requestors: given to Everyone, draftbot
# would have it too.
my %groups = (CreateTicket => RT::Group->new($su), ReplyToTicket => RT::Group->new($su));
$groups{CreateTicket}->LoadSystemInternalGroup('Everyone');
$groups{ReplyToTicket}->LoadRoleGroup(Object => $queue, Name => 'Requestor');
for my $right (sort keys %groups) {
    sure($groups{$right}->PrincipalObj->GrantRight(Right => $right, Object => $queue));
}

# The push: Standard Webhooks, signed.
my $code = <<'CODE';
use JSON (); use Digest::SHA qw(hmac_sha256_base64); use MIME::Base64 (); use LWP::UserAgent;
my $said = $self->TransactionObj;
my $body = JSON->new->utf8->canonical->encode({
    event => $said->Type, ticket => int($self->TicketObj->Id), transaction => int($said->Id) });
my ($id, $now) = ('rt-' . $said->Id, time);
my $sign = hmac_sha256_base64("$id.$now.$body", MIME::Base64::decode_base64('HOOK_SECRET'));
$sign .= '=' while length($sign) % 4;
LWP::UserAgent->new(timeout => 3)->post('HOOK_URL', 'Content-Type' => 'application/json',
    'webhook-id' => $id, 'webhook-timestamp' => $now, 'webhook-signature' => "v1,$sign",
    Content => $body);
1;
CODE
$code =~ s/(HOOK_SECRET|HOOK_URL)/$ENV{$1}/g;
for my $condition ('On Create', 'On Correspond', 'On Comment') {
    my $scrip = RT::Scrip->new($su);
    sure($scrip->Create(Queue => 0, Description => "Aplomo $condition",
        ScripCondition => $condition, ScripAction => 'User Defined', Template => 'Blank',
        CustomPrepareCode => '1;', CustomCommitCode => $code));
}
